/**
 * The join-token attestor: a secret of 256 bits that was made for one workload's name, and buys one certificate.
 * Only its SHA-256 is kept. Whether it was spent is judged where it is spent, in the journal's transaction.
 */
import { createHash } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { formatJoinToken, parseJoinToken } from '../../core/identity/join-token.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { JoinTokenRecord } from '../journal/record.ts';
import type { Attestation } from './attestation.ts';

const SECRET_BYTES = 32;

/** What a token will vouch for; checked by `checkJoinTokenOrder` (policy). */
export interface JoinTokenTerms {
  readonly path: string;
  readonly dnsNames: readonly string[];
  readonly expiresAt: EpochSeconds;
}

/** A new token: its text for the workload, and what the journal keeps of it. `text` is secret.
 *  `rootDigest` (SHA-256 of the root's DER) goes into the text, so that the workload knows its CA at first contact. */
export function makeJoinToken(
  terms: JoinTokenTerms,
  rootDigest: Buffer,
  random: RandomBytes,
): { readonly text: string; readonly record: JoinTokenRecord } {
  const secret = random(SECRET_BYTES);
  return { text: formatJoinToken({ rootDigest, secret }), record: { ...terms, hash: hashOf(secret) } };
}

/** The hash under which the journal keeps this token.
 *  Refuses: ATTEST_EVIDENCE (form) | ATTEST_JOIN_TOKEN (made for another root). */
export function parseEvidence(text: string, rootDigests: readonly Buffer[]): Outcome<{ readonly hash: string }> {
  const token = parseJoinToken(text);
  if (!token.ok) return token;
  // The digest is public; no constant time is needed.
  if (!rootDigests.some((digest) => digest.equals(token.value.rootDigest)))
    return refuse('ATTEST_JOIN_TOKEN', 'made by a CA with another root');
  return admit({ hash: hashOf(token.value.secret) });
}

/** What a token proves. An expired or spent one is judged by the journal, which knows of repeats.
 *  Refuses: ATTEST_JOIN_TOKEN. The hash was the key of the look-up, so no compare can leak the secret by its time. */
export function attestJoinToken(record: JoinTokenRecord | undefined, trustDomain: TrustDomain): Outcome<Attestation> {
  if (record === undefined) return refuse('ATTEST_JOIN_TOKEN', 'unknown');
  const id = spiffeIdOf(trustDomain, record.path);
  if (!id.ok) return refuse('ATTEST_JOIN_TOKEN', `its path gives no SPIFFE ID: ${id.refusal.detail}`);
  return admit({
    attestor: 'join-token',
    evidence: `join-token:${record.hash.slice(0, 12)}`,
    id: id.value,
    dnsNames: record.dnsNames,
    claim: { kind: 'join-token', hash: record.hash },
    predecessor: undefined,
  });
}

const hashOf = (secret: Buffer): string => createHash('sha256').update(secret).digest('hex');
