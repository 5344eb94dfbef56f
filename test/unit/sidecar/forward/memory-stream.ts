/** A stream without a socket: it keeps what is written to it, and the test speaks to its sink. */
import type { ByteSink, ByteStream } from '../../../../sidecar/io/port.ts';

export class MemoryStream implements ByteStream {
  readonly written: Buffer[] = [];
  sink: ByteSink | undefined;
  isPaused = false;
  isEnded = false;
  isDestroyed = false;
  /** What `write` answers. */
  takesMore = true;
  buffered = 0;

  attach(sink: ByteSink): void {
    this.sink = sink;
  }

  write(bytes: Buffer): boolean {
    this.written.push(Buffer.from(bytes));
    return this.takesMore;
  }

  writeText(text: string, body = Buffer.alloc(0)): boolean {
    return this.write(Buffer.concat([Buffer.from(text, 'latin1'), body]));
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  get text(): string {
    return Buffer.concat(this.written).toString('latin1');
  }
}
