/**
 * Turns the marks of a scanned head into fields, and applies the rules that requests and responses share: no twin of a
 * protected name, none of the protected names twice, no `Connection` that names one of them.
 * Spec: RFC 9110 sections 5.3 and 7.6.1; DESIGN section 6.
 */
import type { Code } from '../../core/fault/catalog.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { isAll, TCHAR } from './bytes.ts';
import { factsOf, isTwin, type NameTable, protectionOf, type Protection } from './protected-names.ts';
import type { Field } from './request.ts';

export interface FieldRules {
  /** Kinds of protected names that are guarded here: an answer is not asked who the caller is. */
  guards(protection: Protection): boolean;
  /** The code for a guarded field that comes twice, or with a tab around a value that frames the message. */
  guarded(lower: string): Code;
  /** The code for a twin, and for a `Connection` that names what it must not. */
  readonly field: Code;
}

export interface FieldSet {
  readonly fields: readonly Field[];
  /** Values of the guarded names and of Content-Type, each at most once. */
  readonly single: ReadonlyMap<string, string>;
}

/** Gives the fields in order. `text` is the head in latin1, `marks` are the scanner's. */
export function readFields(
  text: string,
  marks: readonly number[],
  rules: FieldRules,
  names: NameTable = UNREMEMBERED,
): Outcome<FieldSet> {
  const fields: Field[] = [];
  const single = new Map<string, string>();
  for (let at = 0; at < marks.length; at += 4) {
    const facts = names.at(at >> 2, text, marks[at] ?? 0, marks[at + 1] ?? 0);
    const value = text.slice(marks[at + 2], marks[at + 3]);
    const { name, lower, protection } = facts;
    if (facts.isTwin) return refuse(rules.field, `${lower} may be read as a protected name`);
    if (lower === 'content-type' || (protection !== undefined && rules.guards(protection))) {
      if (single.has(lower)) return refuse(rules.guarded(lower), `more than one ${lower}`);
      // Strict llhttp takes `chunked<tab>` for another coding, and so may a server behind us.
      if (protection === 'framing' && hasTabAround(text, marks, at)) {
        return refuse(rules.guarded(lower), `a tab around the value of ${lower}`);
      }
      single.set(lower, value);
    }
    fields.push({ facts, name, lower, value });
  }
  return admit({ fields, single });
}

const UNREMEMBERED: NameTable = { at: (_place, text, start, end) => factsOf(text.slice(start, end)) };

function hasTabAround(text: string, marks: readonly number[], at: number): boolean {
  const [nameEnd, valueStart, valueEnd] = marks.slice(at + 1, at + 4);
  const isBefore = text.slice(nameEnd, valueStart).includes('\t');
  return isBefore || text.slice(valueEnd, text.indexOf('\r', valueEnd)).includes('\t');
}

/** What `Connection` asks for; names of ordinary fields in it are for the head writer. Refuses with `rules.field`. */
export function readConnection(value: string | undefined, rules: FieldRules): Outcome<ReadonlySet<string>> {
  const options = new Set<string>();
  if (value === undefined) return admit(options);
  for (const part of value.split(',')) {
    const option = part.trim().toLowerCase();
    if (option === '' || !isAll(option, TCHAR)) return refuse(rules.field, 'Connection is not a list of tokens');
    const protection = protectionOf(option);
    // TE ends at this hop by its own definition, and its sender must name it (RFC 9110 section 10.1.4).
    // And whoever asks for an upgrade must name it too (section 7.8); `upgrade.ts` wants both or none.
    const isFree = option === 'te' || option === 'upgrade' || protection === undefined || !rules.guards(protection);
    if (!isFree || isTwin(option)) return refuse(rules.field, `Connection names ${option}`);
    options.add(option);
  }
  return admit(options);
}
