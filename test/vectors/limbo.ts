/**
 * The format of x509-limbo, and our verdict over one case of it: trusted and untrusted certificates, a leaf, a role and a time.
 * The leaves carry DNS names, so the rule that a leaf names a SPIFFE ID is the one left out here (`verifyPath`, not `verifySvidPath`).
 */
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { readCandidates, verifyPath } from '../../core/x509/path.ts';
import { decodePem } from '../../core/x509/pem.ts';
import { type Document, isMembers, listOf, type Members, textOf } from './document.ts';
import type { Case } from './score.ts';

/** One test case, its certificates in DER. */
export interface LimboCase {
  readonly id: string;
  readonly expected: Case['expected'];
  readonly roots: readonly Buffer[];
  readonly intermediates: readonly Buffer[];
  readonly leaf: Buffer;
  /** PEM; not every case has one. */
  readonly key: string | undefined;
  readonly role: 'serverAuth' | 'clientAuth';
  /** Undefined: now. */
  readonly at: EpochSeconds | undefined;
  readonly features: readonly string[];
  readonly conflicts: readonly string[];
}

export function knowsLimbo(document: Document): boolean {
  return isMembers(document) && Array.isArray(document['testcases']);
}

export function readLimbo(document: Document): readonly LimboCase[] {
  if (!isMembers(document)) throw new Error('not an object');
  return listOf(document, 'testcases').map(readCase);
}

/** Our verdict over what one side sent. */
export function judgePath({ leaf, intermediates, roots, role, at }: LimboCase): Outcome<unknown> {
  const parsed = parseCertificate(leaf);
  if (!parsed.ok) return parsed;
  return verifyPath({
    leaf: parsed.value,
    intermediates: readCandidates(intermediates),
    roots: readCandidates(roots),
    now: at ?? epochSeconds(Date.now() / 1000),
    purpose: role,
  });
}

function readCase(members: Members): LimboCase {
  const time = members['validation_time'];
  const key = members['peer_certificate_key'];
  return {
    id: textOf(members, 'id'),
    expected: oneOf(members, 'expected_result', { SUCCESS: 'accepted', FAILURE: 'refused' }),
    roots: textsOf(members, 'trusted_certs').map(derOf),
    intermediates: textsOf(members, 'untrusted_intermediates').map(derOf),
    leaf: derOf(textOf(members, 'peer_certificate')),
    key: typeof key === 'string' ? key : undefined,
    role: oneOf(members, 'validation_kind', { SERVER: 'serverAuth', CLIENT: 'clientAuth' }),
    at: typeof time === 'string' ? epochSeconds(Date.parse(time) / 1000) : undefined,
    features: textsOf(members, 'features'),
    conflicts: textsOf(members, 'conflicts_with'),
  };
}

function oneOf<T>(members: Members, name: string, meanings: Readonly<Record<string, T>>): T {
  const meaning = meanings[textOf(members, name)];
  if (meaning === undefined) throw new Error(`${name} "${textOf(members, name)}"`);
  return meaning;
}

function textsOf(members: Members, name: string): readonly string[] {
  const list = members[name] ?? [];
  if (!Array.isArray(list) || !list.every((text) => typeof text === 'string')) throw new Error(`"${name}" is no list`);
  return list;
}

/** What is no PEM of one certificate goes on as it is, for the parser to refuse. */
function derOf(pem: string): Buffer {
  const blocks = decodePem(pem);
  return blocks.ok ? (blocks.value[0]?.der ?? Buffer.alloc(0)) : Buffer.from(pem);
}

/** A refusal of TLS itself; which code the data cannot tell. */
export function refusedByTls(detail: string): Outcome<never> {
  return refuse('PEER_UNTRUSTED', `TLS: ${detail}`);
}
