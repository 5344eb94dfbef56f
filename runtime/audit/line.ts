/**
 * One line of the audit stream and its place in the chain: each line names the SHA-256 of the line before it. Pure.
 * The chain has no key: whoever can write the file can write it anew from any line on. What shows that is a digest kept
 * elsewhere (see verify.ts).
 */
import { hash } from 'node:crypto';

import type { EpochMilliseconds } from '../../core/time/units.ts';
import { toSafeJson } from '../escape.ts';

/** What a line says besides its kind: identifiers and numbers, never a token or a key. `undefined` is left out. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

export interface AuditLine {
  /** 0 for the first line of a chain, then one more each. */
  readonly seq: number;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly kind: string;
  readonly facts: Facts;
  /** SHA-256 of the line before, without its line end, in lower-case hex; of the first line 64 zeros. */
  readonly prev: string;
}

/** The end of a chain. `seq` is -1 where there is no line yet. */
export interface AuditHead {
  readonly seq: number;
  readonly digest: string;
}

export const GENESIS: AuditHead = { seq: -1, digest: '0'.repeat(64) };

/** The kind of the line that begins a chain, or goes on after a restart, a failure or a swap of the file. */
export const OPENED = 'audit-opened';

/** A value is cut after this many characters: no line may outgrow what is read back at a start. */
const VALUE_MOST = 1024;

/** The next line of a chain, without its line end, and the chain's new end. */
export function writeLine(
  after: AuditHead,
  said: { readonly kind: string; readonly facts: Facts; readonly now: EpochMilliseconds },
): { readonly text: string; readonly head: AuditHead } {
  const line = {
    seq: after.seq + 1,
    time: new Date(said.now).toISOString(),
    kind: said.kind,
    facts: cut(said.facts),
    prev: after.digest,
  };
  const text = toSafeJson(line);
  return { text, head: { seq: line.seq, digest: digestOf(text) } };
}

/** What one line says; undefined where it is no line of an audit stream. */
export function parseLine(text: string): AuditLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isLine(value) ? value : undefined;
}

/** SHA-256 in lower-case hex. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex');
}

function cut(facts: Facts): Facts {
  if (!Object.values(facts).some((value) => typeof value === 'string' && value.length > VALUE_MOST)) return facts;
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, VALUE_MOST) : value,
    ]),
  );
}

const MEMBERS = 'seq,time,kind,facts,prev';

function isLine(value: unknown): value is AuditLine {
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== MEMBERS) return false;
  const { seq, time, kind, facts, prev } = value as Readonly<Record<string, unknown>>;
  return (
    typeof seq === 'number' &&
    Number.isSafeInteger(seq) &&
    seq >= 0 &&
    typeof time === 'string' &&
    typeof kind === 'string' &&
    typeof facts === 'object' &&
    facts !== null &&
    typeof prev === 'string' &&
    /^[0-9a-f]{64}$/.test(prev)
  );
}
