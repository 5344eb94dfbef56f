/**
 * A TLS 1.3 client made of its single messages, so that a test can leave one out, change one, or send one too many.
 * It speaks TLS_AES_128_GCM_SHA256 with X25519 only, and believes whatever the server says: it is the attacker.
 * Names follow RFC 8446.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  encryptedExtensions: 8,
  certificate: 11,
  certificateRequest: 13,
  certificateVerify: 15,
  finished: 20,
  keyUpdate: 24,
} as const;
export const EXTENSION = {
  serverName: 0,
  supportedGroups: 10,
  signatureAlgorithms: 13,
  alpn: 16,
  padding: 21,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  pskKeyExchangeModes: 45,
  keyShare: 51,
} as const;

export interface TlsRecord {
  readonly type: number;
  readonly content: Buffer;
}

export type Extensions = readonly (readonly [type: number, content: Buffer])[];

/** A big-endian number of so many bytes. */
export function number(value: number, bytes: 1 | 2 | 3): Buffer {
  const out = Buffer.alloc(bytes);
  out.writeUIntBE(value, 0, bytes);
  return out;
}

/** Its length in so many bytes, then the parts. */
export function vector(bytes: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(content.length, bytes), content]);
}

/** A handshake message. */
export const messageOf = (type: number, content: Buffer): Buffer =>
  Buffer.concat([number(type, 1), vector(3, content)]);

/** A record as it goes out without keys. */
export const recordOf = (type: number, content: Buffer): Buffer =>
  Buffer.concat([number(type, 1), number(0x0303, 2), vector(2, content)]);

/** A ClientHello. */
export function helloOf(extensions: Extensions, ciphers: readonly number[] = [0x1301]): Buffer {
  const list = extensions.map(([type, content]) => Buffer.concat([number(type, 2), vector(2, content)]));
  const suites = ciphers.map((cipher) => number(cipher, 2));
  const compression = Buffer.from([1, 0]);
  const parts = [number(0x0303, 2), randomBytes(32), vector(1), vector(2, ...suites), compression, vector(2, ...list)];
  return messageOf(MESSAGE.clientHello, Buffer.concat(parts));
}

/** A hello that offers this key from outside, with a true binder (RFC 8446 section 4.2.11.2). */
export function helloWithPsk(extensions: Extensions, identity: string, key: Buffer): Buffer {
  const offered = vector(2, vector(2, Buffer.from(identity)), Buffer.alloc(4));
  const hello = helloOf([
    ...extensions,
    [EXTENSION.preSharedKey, Buffer.concat([offered, vector(2, vector(1, ZEROS))])],
  ]);
  const binderKey = expandLabel(hmac(ZEROS, key), 'ext binder', EMPTY_HASH);
  const upTo = hello.subarray(0, hello.length - 2 - 1 - ZEROS.length);
  hmac(expandLabel(binderKey, 'finished'), sha256(upTo)).copy(hello, hello.length - ZEROS.length);
  return hello;
}

const ZEROS = Buffer.alloc(32);
const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
const hmac = (key: Buffer, bytes: Buffer): Buffer => createHmac('sha256', key).update(bytes).digest();
const EMPTY_HASH = sha256(Buffer.alloc(0));

/** HKDF-Expand-Label (section 7.1); one block of HKDF is enough for 32 bytes. */
function expandLabel(secret: Buffer, label: string, content: Buffer = Buffer.alloc(0), length = 32): Buffer {
  const parts = [number(length, 2), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, content), Buffer.from([1])];
  return hmac(secret, Buffer.concat(parts)).subarray(0, length);
}

/** One direction under one traffic secret. */
class Traffic {
  readonly secret: Buffer;
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #sequence = 0;

  constructor(secret: Buffer) {
    this.secret = secret;
    this.#key = expandLabel(secret, 'key', undefined, 16);
    this.#iv = expandLabel(secret, 'iv', undefined, 12);
  }

  next(): Traffic {
    return new Traffic(expandLabel(this.secret, 'traffic upd'));
  }

  seal({ type, content }: TlsRecord): Buffer {
    const inner = Buffer.concat([content, number(type, 1)]);
    const header = Buffer.concat([Buffer.from([RECORD.applicationData, 3, 3]), number(inner.length + 16, 2)]);
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce()).setAAD(header);
    return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  }

  open(header: Buffer, sealed: Buffer): TlsRecord {
    const cipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonce()).setAAD(header);
    cipher.setAuthTag(sealed.subarray(-16));
    const inner = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
    return { type: inner.at(-1) ?? 0, content: inner.subarray(0, -1) };
  }

  #nonce(): Buffer {
    const nonce = Buffer.from(this.#iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence++) >>> 0, 8);
    return nonce;
  }
}

/** One connection. Every step is the test's; what was read is in `said`. */
export class Tls13Client {
  readonly socket: Socket;
  /** Handshake messages of the server's first flight. */
  readonly said: Buffer[] = [];
  /** The last alert of the server: its description. */
  alert: number | undefined;
  readonly #share = generateKeyPairSync('x25519');
  readonly #transcript: Buffer[] = [];
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake: () => void = () => undefined;
  #write: Traffic | undefined;
  #read: Traffic | undefined;
  #handshakeSecret: Buffer = ZEROS;
  #application: Traffic | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<Tls13Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Tls13Client(socket);
  }

  /** What a sound hello of this connection holds; `others` take the place of the same type or come last. */
  extensions(others: Extensions = []): Extensions {
    const { x } = this.#share.publicKey.export({ format: 'jwk' });
    const share = vector(2, Buffer.from(String(x), 'base64url'));
    const sound: Extensions = [
      [EXTENSION.supportedVersions, vector(1, number(0x0304, 2))],
      [EXTENSION.supportedGroups, vector(2, number(0x001d, 2))],
      [EXTENSION.signatureAlgorithms, vector(2, number(0x0403, 2))],
      [EXTENSION.keyShare, vector(2, number(0x001d, 2), share)],
    ];
    const types = new Set(others.map(([type]) => type));
    return [...sound.filter(([type]) => !types.has(type)), ...others];
  }

  /** Sends a handshake message in records of at most `most` bytes. */
  say(message: Buffer, most = 16_384): void {
    this.#transcript.push(message);
    for (let at = 0; at < message.length; at += most)
      this.send(RECORD.handshake, message.subarray(at, Math.min(at + most, message.length)));
  }

  /** Sends a record under the keys of now. */
  send(type: number, content: Buffer): void {
    this.socket.write(this.#write?.seal({ type, content }) ?? recordOf(type, content));
  }

  /** Reads the server's flight up to its Finished; false where it closed instead. */
  async hear(): Promise<boolean> {
    let bytes: Buffer = Buffer.alloc(0);
    while (this.said.at(-1)?.[0] !== MESSAGE.finished) {
      const record = await this.read();
      if (record?.type !== RECORD.handshake) return false;
      bytes = Buffer.concat([bytes, record.content]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUIntBE(1, 3)) {
        const message = bytes.subarray(0, 4 + bytes.readUIntBE(1, 3));
        bytes = bytes.subarray(message.length);
        this.said.push(message);
        this.#transcript.push(message);
        if (message[0] === MESSAGE.serverHello) this.#agree(message);
      }
    }
    const master = hmac(expandLabel(this.#handshakeSecret, 'derived', EMPTY_HASH), ZEROS);
    const traffic = (label: string) => new Traffic(expandLabel(master, label, this.#hash()));
    this.#application = traffic('c ap traffic');
    this.#read = traffic('s ap traffic');
    return true;
  }

  /** A Certificate message; without certificates the empty one. */
  certificate(chain: readonly Buffer[]): Buffer {
    const entries = chain.map((der) => Buffer.concat([vector(3, der), vector(2)]));
    return messageOf(MESSAGE.certificate, Buffer.concat([vector(1), vector(3, ...entries)]));
  }

  /** CertificateVerify over all that was said so far (section 4.4.3). */
  certificateVerify(key: KeyObject): Buffer {
    const label = `${' '.repeat(64)}TLS 1.3, client CertificateVerify\0`;
    const signature = sign('sha256', Buffer.concat([Buffer.from(label), this.#hash()]), key);
    return messageOf(MESSAGE.certificateVerify, Buffer.concat([number(0x0403, 2), vector(2, signature)]));
  }

  /** Sends Finished and goes over to the application keys. */
  finish(): void {
    const key = expandLabel(this.#write?.secret ?? ZEROS, 'finished');
    this.say(messageOf(MESSAGE.finished, hmac(key, this.#hash())));
    this.#write = this.#application;
  }

  /** Says KeyUpdate and changes its own key; with `wanted` the server has to do the same. */
  updateKey(wanted: boolean): void {
    this.send(RECORD.handshake, messageOf(MESSAGE.keyUpdate, Buffer.from([wanted ? 1 : 0])));
    this.#write = this.#write?.next();
  }

  /** The next record, in clear; undefined at the end. Follows the server's KeyUpdate, notes its alert. */
  async read(): Promise<TlsRecord | undefined> {
    for (;;) {
      const length = this.#received.length < 5 ? Infinity : 5 + this.#received.readUInt16BE(3);
      if (this.#received.length < length) {
        if (this.#isClosed) return undefined;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const [header, body] = [this.#received.subarray(0, 5), this.#received.subarray(5, length)];
      this.#received = this.#received.subarray(length);
      const type = header[0] ?? 0;
      if (type === RECORD.changeCipherSpec) continue;
      const record =
        type === RECORD.applicationData && this.#read ? this.#read.open(header, body) : { type, content: body };
      if (record.type === RECORD.alert) this.alert = record.content[1];
      if (record.type === RECORD.handshake && record.content[0] === MESSAGE.keyUpdate) this.#read = this.#read?.next();
      return record;
    }
  }

  #hash(): Buffer {
    return sha256(Buffer.concat(this.#transcript));
  }

  /** From ServerHello on both sides speak under the handshake keys (section 7.1). */
  #agree(serverHello: Buffer): void {
    const at = serverHello.indexOf(Buffer.from('00330024001d0020', 'hex')) + 8;
    const x = serverHello.subarray(at, at + 32).toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
    const shared = diffieHellman({ privateKey: this.#share.privateKey, publicKey });
    this.#handshakeSecret = hmac(expandLabel(hmac(ZEROS, ZEROS), 'derived', EMPTY_HASH), shared);
    const traffic = (label: string) => new Traffic(expandLabel(this.#handshakeSecret, label, this.#hash()));
    this.#write = traffic('c hs traffic');
    this.#read = traffic('s hs traffic');
  }
}
