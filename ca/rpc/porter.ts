/**
 * Says who calls by the client certificate of a connection, for every door where one is shown. TLS has verified its chain;
 * validity and revocations are judged again at each call, since neither waits for the end of a connection.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import { type Caller, type createLeafReader, recogniseCaller } from '../attest/leaf.ts';
import { NOBODY, type Source } from '../issue/admission.ts';
import { checkUnrevoked } from '../policy/unrevoked.ts';
import type { RevocationSource } from '../trust/revocations.ts';
import type { CallRate } from './call-rate.ts';

export type Porter = ReturnType<typeof createPorter>;

export interface PorterDeps {
  readonly trustDomain: TrustDomain;
  readonly revocations: Pick<RevocationSource, 'current'>;
  readonly calls: CallRate;
  readonly clock: Pick<Clock, 'now'>;
}

/** `receive` gives who calls by this leaf, if he may and not too often: ATTEST_PEER | GRANT_REVOKED | LIMIT_ISSUES. `recognise` does
 *  not count. `sourceOf` says whose turn a request takes. */
export function createPorter(
  { trustDomain, revocations, calls, clock }: PorterDeps,
  read: ReturnType<typeof createLeafReader>,
) {
  /** Judged at each call: neither validity nor a revocation waits for the end of a connection. */
  function recognise(leaf: Buffer): Outcome<Caller> {
    const now = wholeSeconds(clock.now());
    const caller = recogniseCaller(read(leaf) ?? leaf, trustDomain, now);
    if (!caller.ok) return caller;
    const sound = checkUnrevoked(caller.value, revocations.current(), now);
    return sound.ok ? caller : sound;
  }

  /** Who calls, and not too often. */
  function receive(leaf: Buffer): Outcome<Caller> {
    const caller = recognise(leaf);
    const within = caller.ok ? calls.take(caller.value) : caller;
    return within.ok ? caller : within;
  }

  /** The cycle judges the leaf; here it only says whose turn it is. */
  function sourceOf(leaf: Buffer): Source {
    const caller = recognise(leaf);
    return caller.ok ? { kind: 'identity', key: caller.value.id.uri } : NOBODY;
  }

  return { recognise, receive, sourceOf };
}
