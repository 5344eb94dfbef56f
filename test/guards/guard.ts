/** A guard of the product, and the text that switches it off: what a guard test replaces in one source file. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Guard {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** Gives the file without its guard. Throws where the text does not stand there exactly once: a guard that nobody switches off proves
 *  nothing. */
export function withoutGuard({ name, file, find, replace }: Guard): string {
  const text = readFileSync(`${ROOT}${file}`, 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${name}: the text stands ${parts.length - 1} times in ${file}`);
  return parts.join(replace);
}
