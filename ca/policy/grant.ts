/**
 * Takes an attestation and a proven key, gives what the CA will sign: names, key, lifetime.
 * Pure. A request contributes a key and a wish for a lifetime; nothing else of it is looked at.
 */
import { createHash } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { IdPattern } from '../../core/identity/pattern.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import { epochSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { CertificateRequest } from '../../core/x509/csr.ts';
import type { Attestation } from '../attest/attestation.ts';
import { isAdministrator, isReserved } from './reserved.ts';

export interface IssuancePolicy {
  /** Life from issue to notAfter where none was asked for. */
  readonly ttl: Seconds;
  readonly ttlMin: Seconds;
  readonly ttlMax: Seconds;
  /** No token lives longer: the bound of a predecessor's `acceptUntil` (DESIGN section 4.3). */
  readonly tokenTtl: Seconds;
  /** Who may administer the CA. */
  readonly admins: readonly IdPattern[];
  /** The certificate that will sign. */
  readonly issuer: Certificate;
  /** The first end on the way from it to its root. */
  readonly issuerEnds: EpochSeconds;
}

/** What the requester brings. */
export interface Wish {
  readonly csr: CertificateRequest;
  readonly ttl: Seconds | undefined;
}

/** What may be signed, once. */
export interface Grant {
  readonly attestation: Attestation;
  readonly id: SpiffeId;
  readonly dnsNames: readonly string[];
  /** DER, canonical. */
  readonly spki: Buffer;
  /** SHA-256 of `spki`, lower-case hex. */
  readonly keyDigest: string;
  readonly issuedAt: EpochSeconds;
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
  readonly askedTtl: Seconds | undefined;
}

/** notBefore lies this long before the issue, for verifiers whose clock is late. */
const BACKDATE_SECONDS = 60;

/** Gives the grant; the lifetime is clamped to the policy and to the issuer's own end.
 *  Refuses: GRANT_IDENTITY | GRANT_KEY_REUSE (the issuer's, or the predecessor's key) | GRANT_ISSUER_EXPIRED. */
export function grant(attestation: Attestation, wish: Wish, policy: IssuancePolicy, now: EpochSeconds): Outcome<Grant> {
  const { id, dnsNames } = attestation;
  if (!mayBear(attestation, policy.admins)) return refuse('GRANT_IDENTITY', `${id.uri} is reserved for the CA`);
  const { spki } = wish.csr;
  if (spki.equals(policy.issuer.spki)) return refuse('GRANT_KEY_REUSE', "the key is the issuer's");
  if (attestation.predecessor?.spki.equals(spki) === true)
    return refuse('GRANT_KEY_REUSE', `the key is that of certificate ${attestation.predecessor.serial}`);
  const notAfter = endOfLife(wish.ttl, policy, now);
  if (!notAfter.ok) return notAfter;
  return admit({
    attestation,
    id,
    dnsNames,
    spki,
    keyDigest: digestOfKey(spki),
    issuedAt: now,
    notBefore: epochSeconds(now - BACKDATE_SECONDS),
    notAfter: notAfter.value,
    askedTtl: wish.ttl,
  });
}

/** SHA-256 of an SPKI in lower-case hex: how the journal knows a key. */
export function digestOfKey(spki: Buffer): string {
  return createHash('sha256').update(spki).digest('hex');
}

/** An administrator is made by hand: by a join token, and what it got is renewed for as long as he is one. */
function mayBear({ id, attestor }: Attestation, admins: readonly IdPattern[]): boolean {
  if (!isReserved(id) || attestor === 'self') return true;
  return (attestor === 'join-token' || attestor === 'leaf') && isAdministrator(id, admins);
}

function endOfLife(asked: Seconds | undefined, policy: IssuancePolicy, now: EpochSeconds): Outcome<EpochSeconds> {
  const { issuer, issuerEnds } = policy;
  const life = Math.min(Math.max(asked ?? policy.ttl, policy.ttlMin), policy.ttlMax);
  const notAfter = epochSeconds(Math.min(now + life, issuerEnds));
  if (now < issuer.notBefore) return refuse('GRANT_ISSUER_EXPIRED', `the issuer begins at ${issuer.notBefore}`);
  if (notAfter - now < policy.ttlMin)
    return refuse('GRANT_ISSUER_EXPIRED', `the issuer ends at ${issuerEnds}, in ${issuerEnds - now} s`);
  return admit(notAfter);
}
