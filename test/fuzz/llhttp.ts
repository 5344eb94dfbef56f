/** llhttp, strict, from the WebAssembly that undici ships: what it makes of one message at the beginning of some bytes. */
import { createRequire } from 'node:module';

/** A message that was read whole. */
export interface Read {
  /** Method and target, or the status. */
  readonly start: string;
  /** `lower-name: value`, in order. */
  readonly fields: readonly string[];
  readonly body: string;
  /** Offset behind the message. */
  readonly end: number;
  readonly keepAlive: boolean;
}

export type Verdict = Read | 'refused' | 'more';

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly _initialize: () => void;
  readonly malloc: (size: number) => number;
  readonly llhttp_alloc: (type: number) => number;
  readonly llhttp_reset: (parser: number) => void;
  readonly llhttp_execute: (parser: number, at: number, length: number) => number;
  readonly llhttp_finish: (parser: number) => number;
  readonly llhttp_get_error_pos: (parser: number) => number;
  readonly llhttp_get_method: (parser: number) => number;
  readonly llhttp_method_name: (method: number) => number;
  readonly llhttp_message_needs_eof: (parser: number) => number;
}

/** The types of Node have the names alone. */
interface Wasm {
  readonly Module: new (bytes: Buffer) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const require = createRequire(import.meta.url);
const OK = 0;
const PAUSED = 21;
const PAUSED_UPGRADE = 22;
/** Bytes that a message may have. */
const ROOM = 65_536;

export class Llhttp {
  readonly #exports: Exports;
  readonly #parser: number;
  readonly #at: number;
  readonly #type: 'request' | 'response';
  #bytes: Buffer = Buffer.alloc(0);
  #start = '';
  #fields: [string, string][] = [];
  #isInValue = false;
  #isBehindHead = false;
  #body = '';
  #keepAlive = false;
  #isWhole = false;

  constructor(type: 'request' | 'response') {
    this.#type = type;
    const text = (at: number, length: number): string =>
      this.#bytes.toString('latin1', at - this.#at, at - this.#at + length);
    const env = {
      wasm_on_message_begin: () => 0,
      wasm_on_url: (_p: number, at: number, length: number) => {
        this.#start += text(at, length);
        return 0;
      },
      wasm_on_status: () => 0,
      wasm_on_header_field: (_p: number, at: number, length: number) => {
        this.#addName(text(at, length));
        return 0;
      },
      wasm_on_header_value: (_p: number, at: number, length: number) => {
        this.#isInValue = true;
        const last = this.#fields.at(-1);
        if (last !== undefined && !this.#isBehindHead) last[1] += text(at, length);
        return 0;
      },
      wasm_on_headers_complete: (_p: number, status: number, _upgrade: number, keepAlive: number) => {
        if (type === 'response') this.#start = String(status);
        this.#keepAlive = keepAlive === 1;
        this.#isBehindHead = true;
        return 0;
      },
      wasm_on_body: (_p: number, at: number, length: number) => {
        this.#body += text(at, length);
        return 0;
      },
      wasm_on_message_complete: () => {
        this.#isWhole = true;
        return PAUSED;
      },
    };
    const { Module, Instance } = Reflect.get(globalThis, 'WebAssembly') as Wasm;
    const bytes = require('undici/lib/llhttp/llhttp_simd-wasm.js') as Buffer;
    this.#exports = new Instance(new Module(bytes), { env }).exports as Exports;
    this.#exports._initialize();
    this.#parser = this.#exports.llhttp_alloc(type === 'request' ? 1 : 2);
    this.#at = this.#exports.malloc(ROOM);
  }

  /** The message that begins with the first byte. */
  read(bytes: Buffer): Verdict {
    const { llhttp_reset, llhttp_execute, llhttp_get_error_pos, memory } = this.#exports;
    this.#bytes = bytes;
    this.#start = '';
    this.#fields = [];
    this.#isInValue = false;
    this.#isBehindHead = false;
    this.#body = '';
    this.#isWhole = false;
    llhttp_reset(this.#parser);
    new Uint8Array(memory.buffer, this.#at, bytes.length).set(bytes);
    const result = llhttp_execute(this.#parser, this.#at, bytes.length);
    if (result === OK) return this.#isWhole ? this.#found(bytes.length) : this.#atTheEnd(bytes.length);
    if (result !== PAUSED && result !== PAUSED_UPGRADE) return 'refused';
    return this.#found(llhttp_get_error_pos(this.#parser) - this.#at);
  }

  /** All bytes were taken: whole only where the end of the connection ends it. */
  #atTheEnd(length: number): Verdict {
    const { llhttp_message_needs_eof, llhttp_finish } = this.#exports;
    if (this.#type === 'request' || llhttp_message_needs_eof(this.#parser) === 0) return 'more';
    if (this.#start === '' || ![OK, PAUSED].includes(llhttp_finish(this.#parser))) return 'more';
    return this.#isWhole ? this.#found(length) : 'more';
  }

  #found(end: number): Read {
    return {
      start: this.#type === 'request' ? `${this.#methodName()} ${this.#start}` : this.#start,
      fields: this.#fields.map(([name, value]) => `${name.toLowerCase()}: ${value.replace(/[ \t]+$/, '')}`),
      body: this.#body,
      end,
      keepAlive: this.#keepAlive,
    };
  }

  #addName(part: string): void {
    // Trailers: we check and drop them.
    if (this.#isBehindHead) return;
    const last = this.#fields.at(-1);
    if (last === undefined || this.#isInValue) this.#fields.push([part, '']);
    else last[0] += part;
    this.#isInValue = false;
  }

  #methodName(): string {
    const { llhttp_method_name, llhttp_get_method, memory } = this.#exports;
    const at = llhttp_method_name(llhttp_get_method(this.#parser));
    const bytes = new Uint8Array(memory.buffer, at, 32);
    return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  }
}
