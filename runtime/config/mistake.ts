/** One thing that is wrong in a configuration: where, what was found, what would be right. Values only. */
import { escapeText, withoutCredentials } from '../escape.ts';

export interface Mistake {
  readonly code: 'CONFIG_SYNTAX' | 'CONFIG_INVALID';
  /** The file, or `environment variable NAME`. */
  readonly file: string;
  /** From 1; absent for an environment variable. */
  readonly line?: number;
  readonly column?: number;
  /** The dotted path of the key, `inbound[0].app`; empty for the document as a whole. */
  readonly key: string;
  /** Never a secret: `<hidden>` stands for one. */
  readonly found: string;
  readonly allowed: string;
}

/** One line for the operator's terminal, without a line end. */
export function formatMistake({ file, line, column, key, found, allowed }: Mistake): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return escapeText(`${place}: ${key === '' ? '' : `${key}: `}found ${found}; allowed: ${allowed}`);
}

/** The dotted path of a key. */
export function formatKey(path: readonly PropertyKey[]): string {
  const key = path.reduce<string>((left, part) => {
    if (typeof part === 'number') return `${left}[${part}]`;
    return left === '' ? String(part) : `${left}.${String(part)}`;
  }, '');
  return withoutCredentials(key);
}
