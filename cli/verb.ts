/** What a verb is: the one row from which dispatch, `--help` and the list of verbs are made. */
import type { Io } from './io.ts';

/** A named argument. Without `value` it is a switch; with it, `value` is what `--help` shows in its place. */
export interface Option {
  readonly value?: string;
  readonly doc: string;
  readonly required?: true;
  /** May be given more than once. */
  readonly multiple?: true;
}

/** The command line of one verb after checking: every key is a declared option. */
export interface Invocation {
  /** The value of an option with a value; the last one where it may be given more than once. */
  text(name: string): string | undefined;
  /** All values of an option, in order. */
  list(name: string): readonly string[];
  /** Whether a switch was given. */
  has(name: string): boolean;
  readonly rest: readonly string[];
}

export interface Verb {
  /** The words after `cleat`, as typed: `ca run`. */
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** More for the verb's own page: files, forms, what the exit codes mean here. */
  readonly about?: string;
  /** What `rest` is called in the usage line; absent: the verb takes none. */
  readonly rest?: string;
  readonly options: Readonly<Record<string, Option>>;
  /** A line that works as it stands. */
  readonly example: string;
  /** Gives the exit code. Throws a `Fault` for what broke; `dispatch` prints it in one line. */
  run(invocation: Invocation, io: Io): Promise<number>;
}

/** A command line that cannot be obeyed: exit code 2. */
export class UsageMistake extends Error {
  override readonly name = 'UsageMistake';
}

/** The value of an option without which the verb cannot run. */
export function needed(invocation: Pick<Invocation, 'text'>, name: string): string {
  const value = invocation.text(name);
  if (value === undefined) throw new UsageMistake(`--${name} is missing`);
  return value;
}
