/**
 * What a certificate of ours must be before it is served with, wherever it came from: of the CA or out of files.
 * Judges values; asks nobody and reads nothing.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { checkSvid } from '../../core/x509/svid.ts';
import { checkChain } from './chain.ts';
import type { Snapshot } from './snapshot.ts';

/** A certificate that may become ours. */
export interface Candidate {
  /** DER, leaf first, without the root. */
  readonly chain: readonly Buffer[];
  /** Secret. The private key that the leaf must be for. */
  readonly key: KeyObject;
  /** DER of the roots that it must chain to. */
  readonly roots: readonly Buffer[];
  readonly trustDomain: TrustDomain;
  /** The last good snapshot; the identity never changes after the first. */
  readonly previous: Snapshot | undefined;
  readonly now: EpochSeconds;
}

export interface OwnCertificate {
  readonly leaf: Certificate;
  readonly id: SpiffeId;
}

/** The leaf and whom it names, if chain, window, usages, key and identity are what they must be.
 *  Refuses: RENEW_ANSWER, with the rule. */
export function checkOwnCertificate(candidate: Candidate): Outcome<OwnCertificate> {
  const { chain, key, roots, trustDomain, previous, now } = candidate;
  const checked = checkChain(chain, { trustDomain, roots, now });
  if (!checked.ok) return checked;
  const leaf = checked.value;
  const id = checkSvid(leaf, trustDomain);
  if (!id.ok) return refuse('RENEW_ANSWER', `the leaf: ${id.refusal.detail}`);
  if (!leaf.spki.equals(createPublicKey(key).export({ type: 'spki', format: 'der' })))
    return refuse('RENEW_ANSWER', 'the leaf is for another key than ours');
  if (previous !== undefined && previous.id.uri !== id.value.uri)
    return refuse('RENEW_ANSWER', `the leaf is for ${id.value.uri}, we are ${previous.id.uri}`);
  return admit({ leaf, id: id.value });
}
