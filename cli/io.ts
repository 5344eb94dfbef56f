/** What a verb knows of the outside: an argument, so that a test can be it. Only `cleat.ts` makes the real one. */
import type { Clock } from '../core/time/clock.ts';

export interface Io {
  /** Writes to standard output exactly this text. Results go here and nothing else does. */
  out(text: string): void;
  /** Writes to standard error exactly this text: progress, warnings, mistakes. */
  err(text: string): void;
  /** All of standard input; refused by a `Fault` beyond 1 MiB. */
  readInput(): Promise<Buffer>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Standard output is a terminal: colour and progress are welcome. */
  readonly isTerminal: boolean;
  readonly clock: Clock;
}

/** Exit codes of every verb. */
export const EXIT = {
  ok: 0,
  /** It failed, or the answer is no. */
  failed: 1,
  /** The command line or a configuration file is wrong. */
  usage: 2,
} as const;
