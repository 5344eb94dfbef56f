/**
 * From what the CA answered to a snapshot that can be served with, or a reason why not. The last good snapshot stays
 * until a better one has passed here. Asks nobody; changes nothing.
 */
import type { KeyObject } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Jitter } from '../../core/time/clock.ts';
import { renewAt } from '../../core/time/renewal.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { BundleState, IssuedCertificate } from '../../runtime/grpc/messages.ts';
import { checkChain } from './chain.ts';
import { checkOwnCertificate } from './own-certificate.ts';
import type { Snapshot } from './snapshot.ts';

/** An answer, and what it is judged against. */
export interface Answered {
  readonly answer: IssuedCertificate;
  /** Secret. The private key that the request was signed with. */
  readonly key: KeyObject;
  readonly trustDomain: TrustDomain;
  /** The last good snapshot; the identity never changes after the first. */
  readonly previous: Snapshot | undefined;
  readonly now: EpochSeconds;
}

/** The next generation, if key, name, chain, window and usages are what they must be.
 *  Refuses: RENEW_ANSWER, with the rule. */
export function adoptCertificate({ answer, key, trustDomain, previous, now }: Answered): Outcome<Snapshot> {
  // An answer that was made before the last change of the bundle must not bring an old root back.
  const bundle =
    previous !== undefined && previous.bundleGeneration > answer.bundle.generation ? undefined : answer.bundle;
  const roots = bundle?.roots ?? previous?.roots ?? [];
  const own = checkOwnCertificate({ chain: answer.chain, key, roots, trustDomain, previous, now });
  if (!own.ok) return own;
  const { leaf, id } = own.value;
  if (id.uri !== answer.spiffeId) return refuse('RENEW_ANSWER', 'the answer names another identity than its leaf');
  if (leaf.notAfter !== answer.notAfter) return refuse('RENEW_ANSWER', 'the answer gives another end than its leaf');
  if (leaf.lineage?.id.equals(answer.lineageId) !== true || leaf.lineage.sequence !== answer.lineageSequence)
    return refuse('RENEW_ANSWER', 'the answer names another lineage than its leaf');
  return admit(
    Object.freeze({
      generation: (previous?.generation ?? 0) + 1,
      id,
      key,
      leaf,
      chain: answer.chain,
      roots,
      bundleGeneration: bundle?.generation ?? previous?.bundleGeneration ?? 0,
      renewAt: renewTime(answer.renewAt, leaf.notAfter, now),
    }),
  );
}

/** What an earlier run of this program kept of its last answer. */
export interface Kept {
  /** DER, leaf first, without the root. */
  readonly chain: readonly Buffer[];
  /** Secret. */
  readonly key: KeyObject;
  /** DER. */
  readonly roots: readonly Buffer[];
  readonly trustDomain: TrustDomain;
  readonly now: EpochSeconds;
}

/** A first snapshot of what was kept, judged as an answer is. Which generation its bundle was is not known any more: the
 *  stream tells. Refuses: RENEW_ANSWER, with the rule. */
export function adoptKept(kept: Kept, jitter: Jitter): Outcome<Snapshot> {
  const own = checkOwnCertificate({ ...kept, previous: undefined });
  if (!own.ok) return own;
  const { leaf, id } = own.value;
  if (leaf.lineage === undefined) return refuse('RENEW_ANSWER', 'the leaf has no lineage');
  const { key, chain, roots } = kept;
  const due = renewAt(leaf.lineage.issuedAt, leaf.notAfter, jitter);
  return admit(Object.freeze({ generation: 1, id, key, leaf, chain, roots, bundleGeneration: 0, renewAt: due }));
}

/** The next generation with this bundle, or the same snapshot if nothing changes.
 *  Refuses: RENEW_ANSWER if the bundle is older and different, empty, malformed, or without our own root. */
export function adoptBundle(previous: Snapshot, bundle: BundleState, now: EpochSeconds): Outcome<Snapshot> {
  if (isSameList(previous.roots, bundle.roots) && bundle.generation <= previous.bundleGeneration)
    return admit(previous);
  if (bundle.generation <= previous.bundleGeneration)
    return refuse(
      'RENEW_ANSWER',
      `bundle ${bundle.generation} differs from ${previous.bundleGeneration}, which we have`,
    );
  const trust = { trustDomain: previous.id.trustDomain, roots: bundle.roots, now };
  const checked = checkChain(previous.chain, trust);
  if (!checked.ok) return checked;
  return admit(
    Object.freeze({
      ...previous,
      generation: previous.generation + 1,
      roots: bundle.roots,
      bundleGeneration: bundle.generation,
    }),
  );
}

/** As the CA said. With a clock that runs ahead its time may have passed at arrival: then half of what is left, or a
 *  sidecar with a wrong clock would renew in a circle. */
function renewTime(asked: EpochSeconds, notAfter: EpochSeconds, now: EpochSeconds): EpochSeconds {
  if (asked > now && asked < notAfter) return asked;
  return epochSeconds(now + Math.max(1, (notAfter - now) / 2));
}

/** The same certificates in the same order. */
export function isSameList(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return one.length === other.length && one.every((der, place) => other[place]?.equals(der) === true);
}
