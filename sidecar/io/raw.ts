/**
 * The fast backend of the port: it reads and writes on the native handle of a socket that Node has accepted, connected and
 * shaken hands on. All streams of one loop share a read buffer; a write is one call. The socket itself is left its errors,
 * its end and its close. Rules that Node does not check, and that end the process or mix up bytes where they are broken:
 * one write at a time on a TLS handle; on a plain one the bytes of a write that is under way are not ours to change.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';

import { Fault } from '../../core/fault/fault.ts';
import { Arena } from './arena.ts';
import type { Native, NativeHandle, WriteRequest } from './native.ts';
import type { ByteSink, ByteStream, MakeStream } from './port.ts';
import { publicStream } from './public.ts';
import { SharedBuffers } from './shared-buffers.ts';
import { createTurnEnd, type Flushable, type TurnEnd } from './turn-end.ts';

/** Bytes under way from which on the writer has to wait: reading on would cost a copy of each piece, which is dearer than a pause. */
const MOST_UNDER_WAY = 65_536;
/** libuv's `UV_EOF`. */
const END_OF_FILE = -4095;

/** A maker of raw streams, with one read buffer for all of them. A socket that it does not know gets a public one. */
export function createRawStreams(native: Native): MakeStream {
  const arena = new Arena();
  const turnEnd = createTurnEnd(() => arena.reset());
  const common = { native, shared: new SharedBuffers(), arena, turnEnd };
  return (socket) => {
    const handle = native.handleOf(socket);
    return handle === undefined ? publicStream(socket) : new RawStream(socket, handle, common);
  };
}

interface Common {
  readonly native: Native;
  readonly shared: SharedBuffers;
  /** Holds what waits for the end of the turn. */
  readonly arena: Arena;
  readonly turnEnd: TurnEnd;
}

/** A request to write that knows whose it is: no closure for each write. */
interface OwnedRequest extends WriteRequest {
  owner?: RawStream;
}

class RawStream implements ByteStream, Flushable {
  readonly #socket: Socket;
  readonly #handle: NativeHandle;
  readonly #common: Common;
  /** What was written from the shared buffer on a plain socket would change while the kernel still takes it. */
  readonly #isTls: boolean;
  #sink: ByteSink | undefined;
  #failure: Error | undefined;
  #isClosed = false;
  /** Nothing is told any more but the close. */
  #isDropped = false;
  #hasEnded = false;
  /** The end is to be told once the reader goes on. */
  #isEndHeld = false;
  /** Came before the socket was taken over. */
  #early: Buffer | null;
  /** Bytes of the write that is under way; 0: none is. */
  #underWay = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** The writer was told to wait. */
  #isFull = false;
  #isEnding = false;
  #isPaused = true;
  /** For the next write, if there is one to use again. */
  #request: OwnedRequest | undefined;

  constructor(socket: Socket, handle: NativeHandle, common: Common) {
    this.#socket = socket;
    this.#handle = handle;
    this.#common = common;
    this.#isTls = socket instanceof TLSSocket;
    socket.pause();
    socket.setNoDelay(true);
    handle.readStop();
    this.#early = socket.read() as Buffer | null;
    handle.useUserBuffer(common.shared.read);
    handle.onread = () => this.#onRead(common.native.state[common.native.readAt] ?? 0);
    // An end that had come before is told by the socket.
    socket.once('end', () => this.#onEnd());
    socket.once('finish', () => this.#closeIfDone());
    socket.on('error', (error: Error) => {
      this.#failure = error;
      socket.destroy();
    });
    socket.once('close', () => {
      this.#isClosed = true;
      this.#sink?.onClose(this.#failure);
    });
  }

  attach(sink: ByteSink): void {
    const isFirst = this.#sink === undefined;
    this.#sink = sink;
    if (this.#isClosed) {
      // The end came before anyone listened; it is told like any other event, after the call.
      process.nextTick(() => sink.onClose(this.#failure));
      return;
    }
    if (isFirst) this.resume();
  }

  write(bytes: Buffer): boolean {
    if (this.#isGone || this.#isEnding) return false;
    if (bytes.length === 0) return true;
    const isShared = this.#common.shared.isRead(bytes);
    if (isShared && this.#isTls && this.buffered === 0) {
      // A body on its way: it is encrypted within the call, and never copied.
      this.#put(bytes);
    } else {
      this.#wait(isShared ? Buffer.from(bytes) : bytes);
    }
    return this.#mayGoOn();
  }

  writeText(text: string, body?: Buffer): boolean {
    if (this.#isGone || this.#isEnding) return false;
    const joined = this.#isTls && this.buffered === 0 ? this.#common.shared.join(text, body) : undefined;
    if (joined !== undefined) {
      this.#put(joined);
      return this.#mayGoOn();
    }
    const size = text.length + (body?.length ?? 0);
    // While a write is under way it waits for longer than this turn.
    const bytes = this.#underWay > 0 ? Buffer.allocUnsafe(size) : this.#common.arena.take(size);
    bytes.write(text, 0, 'latin1');
    body?.copy(bytes, text.length);
    this.#wait(bytes);
    return this.#mayGoOn();
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isGone) this.#handle.readStop();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // After the call that resumes: nobody expects an event within it.
    if (this.#early !== null || this.#isEndHeld) process.nextTick(() => this.#giveEarly());
    else if (!this.#hasEnded && !this.#isGone) this.#handle.readStart();
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.buffered === 0) this.#socket.end();
  }

  destroy(): void {
    if (this.#underWay === 0) this.#putWaiting();
    this.#isDropped = true;
    this.#socket.destroy();
  }

  /** The end of the turn: what was written in it leaves in one piece. */
  flush(): void {
    if (this.#underWay === 0) this.#goOn();
  }

  get buffered(): number {
    return this.#underWay + this.#waitingBytes;
  }

  /** The handle is closed, or about to be, and must not be touched. */
  get #isGone(): boolean {
    return this.#isDropped || this.#socket.destroyed;
  }

  #giveEarly(): void {
    if (this.#isPaused) return;
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#tell((sink) => sink.onBytes(early));
    if (this.#isPaused) return;
    if (this.#isEndHeld) this.#giveEnd();
    else if (!this.#hasEnded && !this.#isGone) this.#handle.readStart();
  }

  #onRead(count: number): void {
    if (count > 0) {
      const bytes = this.#common.shared.view(count);
      // A handle may have more for us in the turn in which it was paused or dropped: it is kept as what came early.
      if (this.#isPaused || this.#early !== null) this.#keep(bytes);
      else this.#giveBytes(bytes);
    } else if (count === END_OF_FILE) {
      this.#onEnd();
    } else if (count < 0) {
      this.#drop(failureOf('read', count));
    }
  }

  /** As `#tell`, without a closure: it runs for every read. */
  #giveBytes(bytes: Buffer): void {
    if (this.#sink === undefined || this.#isDropped) return;
    try {
      this.#sink.onBytes(bytes);
    } catch (thrown) {
      this.#drop(Fault.from(thrown));
    }
  }

  #keep(bytes: Buffer): void {
    this.#early = this.#early === null ? Buffer.from(bytes) : Buffer.concat([this.#early, bytes]);
  }

  #onEnd(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#isPaused || this.#early !== null) this.#isEndHeld = true;
    else this.#giveEnd();
  }

  #giveEnd(): void {
    this.#isEndHeld = false;
    this.#tell((sink) => sink.onEnd());
    this.#closeIfDone();
  }

  /** Both halves are over: the socket does not see the other one, so it would stay open, and its descriptor with it. */
  #closeIfDone(): void {
    if (this.#hasEnded && !this.#isEndHeld && this.#socket.writableFinished) this.#socket.destroy();
  }

  #drop(failure: Error): void {
    this.#isDropped = true;
    this.#socket.destroy(failure);
  }

  #wait(bytes: Buffer): void {
    if (this.buffered === 0) this.#common.turnEnd.add(this);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  #mayGoOn(): boolean {
    this.#isFull = this.buffered >= MOST_UNDER_WAY;
    return !this.#isFull;
  }

  /** One write; the handle is free when it is called. */
  #put(bytes: Buffer): void {
    const { native } = this.#common;
    const request = this.#request ?? this.#newRequest();
    const failure = this.#handle.writeBuffer(request, bytes);
    if (failure !== 0) this.#drop(failureOf('write', failure));
    else if (native.state[native.asyncAt] !== 0) this.#underWay = bytes.length;
    if (this.#underWay > 0 && !this.#isTls) this.#common.arena.renew();
    // Node takes hold of a request only where the write goes on: one that ended at once can be used again.
    this.#request = this.#underWay > 0 ? undefined : request;
  }

  #newRequest(): OwnedRequest {
    const request: OwnedRequest = new this.#common.native.WriteRequest();
    request.owner = this;
    request.oncomplete = onComplete;
    return request;
  }

  /** Called by `onComplete`. */
  completed(status: number): void {
    this.#underWay = 0;
    if (this.#isGone) return;
    if (status < 0) {
      this.#drop(failureOf('write', status));
      return;
    }
    this.#goOn();
  }

  /** Writes what waits; once nothing does any more, the writer goes on, or our half ends. */
  #goOn(): void {
    while (this.#waiting.length > 0 && this.#underWay === 0 && !this.#isGone) this.#putWaiting();
    if (this.#underWay > 0 || this.#isGone) return;
    if (this.#isEnding) this.#socket.end();
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#tell((sink) => sink.onDrain());
  }

  #putWaiting(): void {
    if (this.#waiting.length === 0 || this.#isGone) return;
    const [only] = this.#waiting;
    const all = this.#waiting.length === 1 && only !== undefined ? only : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#put(all);
  }

  /** A defect above the port ends this one stream, not the process. */
  #tell(tell: (sink: ByteSink) => void): void {
    if (this.#sink === undefined || this.#isDropped) return;
    try {
      tell(this.#sink);
    } catch (thrown) {
      this.#drop(Fault.from(thrown));
    }
  }
}

/** One function for all requests: the request says whose it is. */
function onComplete(this: OwnedRequest, status: number): void {
  this.owner?.completed(status);
}

function failureOf(call: 'read' | 'write', status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`${call} ${code}`), { code, syscall: call, errno: status });
}
