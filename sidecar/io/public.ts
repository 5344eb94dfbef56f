/**
 * The reference backend of the port, on Node's documented sockets. Each chunk that Node hands out has a buffer of its
 * own, so what is written on needs no copy. Whoever makes the socket sets `allowHalfOpen`: an end is told, not answered.
 */
import type { Socket } from 'node:net';

import { Fault } from '../../core/fault/fault.ts';
import type { ByteSink, ByteStream } from './port.ts';

/** Takes the socket over: from now on all its events go to the sink. */
export function publicStream(socket: Socket): ByteStream {
  return new PublicStream(socket);
}

class PublicStream implements ByteStream {
  readonly #socket: Socket;
  #sink: ByteSink | undefined;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.pause();
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#tell((sink) => sink.onBytes(bytes)));
    socket.on('drain', () => this.#tell((sink) => sink.onDrain()));
    socket.on('end', () => this.#tell((sink) => sink.onEnd()));
    socket.on('error', (error: Error) => {
      this.#failure = error;
      // Once a handshake is done Node only tells of a breach of TLS: it sends the alert and leaves the socket open.
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
    if (isFirst) this.#socket.resume();
  }

  write(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }

  writeText(text: string, body?: Buffer): boolean {
    if (body === undefined) return this.#socket.write(text, 'latin1');
    const bytes = Buffer.allocUnsafe(text.length + body.length);
    bytes.write(text, 0, 'latin1');
    body.copy(bytes, text.length);
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get buffered(): number {
    return this.#socket.writableLength;
  }

  /** A defect above the port ends this one stream, not the process. */
  #tell(tell: (sink: ByteSink) => void): void {
    if (this.#sink === undefined) return;
    try {
      tell(this.#sink);
    } catch (thrown) {
      this.#socket.destroy(Fault.from(thrown));
    }
  }
}
