/**
 * From a scanned head to a response. An answer outside the subset is not repaired: the caller of the app gets a 502, and
 * the connection to the app is dropped. HTTP/1.0 is read too, because simple apps speak it, but never kept open.
 * Spec: RFC 9112 sections 4 and 6.3.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { isAll, VALUE } from './bytes.ts';
import { readConnection, readFields, type FieldRules } from './fields.ts';
import { declaredFraming } from './framing.ts';
import type { HeadScanner } from './head-scan.ts';
import type { NameTable } from './protected-names.ts';
import type { Framing } from './request.ts';
import type { ResponseFraming, ResponseHead } from './response.ts';
import { type AskedUpgrade, lieOfSwitch } from './upgrade.ts';

export interface ResponseRules {
  /** Of the request that is answered: a HEAD has no body in its answer. */
  readonly method: string;
  /** The protocol that was asked for by `Upgrade`, with what proves that it was understood; undefined: status 101 is a lie. */
  readonly upgrade?: AskedUpgrade | undefined;
  /** Whether the end of the connection may end the body. */
  readonly closeDelimited: boolean;
  /** Remembers field names; absent: nobody does. */
  readonly names?: NameTable | undefined;
}

/** Upgrade is guarded against twins only: servers offer it in plain answers, and it ends at this hop. */
const RULES: FieldRules = {
  guards: (protection) => protection === 'framing',
  field: 'UPSTREAM_RESPONSE',
  guarded: () => 'UPSTREAM_RESPONSE',
};

/** Gives the response of a complete head that begins at `start`. Refuses: UPSTREAM_RESPONSE. */
export function parseResponse(
  bytes: Buffer,
  start: number,
  scanner: HeadScanner,
  rules: ResponseRules,
): Outcome<ResponseHead> {
  const text = bytes.toString('latin1', start, start + scanner.length);
  const line = parseLine(text.slice(scanner.lineStart, scanner.lineEnd));
  if (line === undefined) return refuse('UPSTREAM_RESPONSE', 'the status line is malformed');
  const read = readFields(text, scanner.marks, RULES, rules.names);
  if (!read.ok) return read;
  const { fields, single } = read.value;
  const connection = readConnection(connectionOf(fields), RULES);
  if (!connection.ok) return connection;
  const isSwitch = line.status === 101;
  const lie = isSwitch ? lieOfSwitch(fields, connection.value.has('upgrade') ? rules.upgrade : undefined) : undefined;
  if (lie !== undefined) return refuse('UPSTREAM_RESPONSE', lie);
  const declared = declaredFraming(single.get('content-length'), single.get('transfer-encoding'));
  if (typeof declared === 'string') return refuse('UPSTREAM_RESPONSE', declared);
  if (declared.kind === 'chunked' && line.isOld) return refuse('UPSTREAM_RESPONSE', 'chunked on HTTP/1.0');
  const framing = bodyFraming(line.status, declared, rules);
  if (typeof framing === 'string') return refuse('UPSTREAM_RESPONSE', framing);
  const keepAlive = !line.isOld && !connection.value.has('close') && framing.kind !== 'close';
  return admit({ status: line.status, reason: line.reason, fields, framing, declared, keepAlive });
}

interface StatusLine {
  readonly status: number;
  readonly reason: string;
  readonly isOld: boolean;
}

function parseLine(line: string): StatusLine | undefined {
  const isOld = line.startsWith('HTTP/1.0 ');
  if (!isOld && !line.startsWith('HTTP/1.1 ')) return undefined;
  const status = Number(line.slice(9, 12));
  // `Number` takes blanks and signs; the bounds and the length of the text leave three digits only.
  if (!Number.isInteger(status) || status < 100 || status > 599 || String(status) !== line.slice(9, 12))
    return undefined;
  const reason = line.slice(13);
  if (line.length > 12 && line[12] !== ' ') return undefined;
  return isAll(reason, VALUE) ? { status, reason, isOld } : undefined;
}

/** RFC 9112 section 6.3, rules 1 to 8, as far as they are about responses. */
function bodyFraming(status: number, declared: Framing, rules: ResponseRules): ResponseFraming | string {
  if (status < 200 || status === 204) return declared.kind === 'none' ? declared : `a body on status ${status}`;
  if (rules.method === 'HEAD' || status === 304) return { kind: 'none' };
  if (declared.kind !== 'none') return declared;
  return rules.closeDelimited ? { kind: 'close' } : 'an answer that only the end of the connection delimits';
}

function connectionOf(fields: ResponseHead['fields']): string | undefined {
  const values = fields.filter((field) => field.lower === 'connection').map((field) => field.value);
  return values.length === 0 ? undefined : values.join(',');
}
