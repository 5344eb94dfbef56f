/** A terminal that keeps what was written to it. */
import type { Io } from '../../cli/io.ts';
import { systemClock } from '../../runtime/clock.ts';

export interface CapturedIo extends Io {
  readonly written: { out: string; err: string };
}

/** `input` is what standard input holds. */
export function captureIo(input: string | Buffer = ''): CapturedIo {
  const written = { out: '', err: '' };
  return {
    written,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    readInput: () => Promise.resolve(Buffer.from(input)),
    environment: {},
    isTerminal: false,
    clock: systemClock(),
  };
}
