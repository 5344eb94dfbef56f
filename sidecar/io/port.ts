/**
 * The I/O port: all that the data plane knows of a socket. Two backends can stand behind it (DESIGN section 6); the
 * one here is `public.ts`, on Node's documented API. Nothing above the port knows which one runs.
 */
import type { Socket } from 'node:net';

export interface ByteSink {
  /** `bytes` is only valid during the call, in which it may be handed to `write`: whoever keeps a part copies it. */
  onBytes(bytes: Buffer): void;
  /** What was written has left our memory: the writer may go on. */
  onDrain(): void;
  /** The other side ended its half in order (FIN, or close_notify on TLS). */
  onEnd(): void;
  /** The stream is gone; called once, last. `failure` is undefined after an orderly close. */
  onClose(failure: Error | undefined): void;
}

export interface ByteStream {
  /** From now on events go to this sink. A stream starts paused; the first `attach` lets it flow. */
  attach(sink: ByteSink): void;
  /** False: stop writing until `onDrain`. The stream keeps what it needs of `bytes`; the caller never changes them again. */
  write(bytes: Buffer): boolean;
  /** As `write`, of this text in latin1 with `body` behind it. */
  writeText(text: string, body?: Buffer): boolean;
  pause(): void;
  resume(): void;
  /** Ends our half in order after what was written. */
  end(): void;
  /** Drops the stream at once. */
  destroy(): void;
  /** Bytes written and not yet taken by the kernel. */
  readonly buffered: number;
}

/** Takes a socket over and gives it as a stream: which backend that is, nobody above the port knows. Whoever made the
 *  socket has set `allowHalfOpen`. */
export type MakeStream = (socket: Socket) => ByteStream;
