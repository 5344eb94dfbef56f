/**
 * The `Admin` service of the mesh listener: the verbs of the operator for callers whose SPIFFE ID is among `admins`. Judged
 * at each call, since a connection outlives certificates and configuration says who. Whatever changes something is in the
 * audit under the name of who asked, before it is done.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { IdPattern } from '../../core/identity/pattern.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { ControlVerb } from '../../runtime/control.ts';
import type { AdminHandler } from '../../runtime/grpc/admin-methods.ts';
import type { AdminVerb } from '../../runtime/grpc/admin-wire.ts';
import { recogniseCaller, type Caller } from '../attest/leaf.ts';
import { isAdministrator } from '../policy/reserved.ts';
import { checkUnrevoked } from '../policy/unrevoked.ts';
import type { RevocationSource } from '../trust/revocations.ts';
import type { CallRate } from './call-rate.ts';

export interface AdminDeps {
  readonly trustDomain: TrustDomain;
  readonly admins: readonly IdPattern[];
  readonly verbs: Readonly<Record<AdminVerb, ControlVerb>>;
  readonly revocations: Pick<RevocationSource, 'current'>;
  readonly audit: Audit;
  readonly calls: CallRate;
  readonly clock: Pick<Clock, 'now'>;
}

const CHANGING: ReadonlySet<AdminVerb> = new Set([
  'revoke',
  'join-token',
  'withdraw-join-token',
  'rotate',
  'client-create',
  'client-rotate',
  'client-disable',
  'key-create',
  'key-rotate',
  'key-revoke',
  'mandate-create',
  'mandate-end',
]);

/** Handles one call. Refuses: ATTEST_PEER | GRANT_REVOKED | GRANT_ADMIN | LIMIT_ISSUES | ISSUE_AUDIT, and what the verb refuses. */
export function createAdminHandler(deps: AdminDeps): AdminHandler {
  return async (leaf, verb, body) => {
    const caller = recogniseAdministrator(leaf, deps);
    if (!caller.ok) return caller;
    return { ...(await obey(caller.value, { verb, body }, deps)), isKnown: true };
  };
}

async function obey(
  caller: Caller,
  { verb, body }: { readonly verb: AdminVerb; readonly body: unknown },
  { calls, audit, verbs }: AdminDeps,
): Promise<Outcome<unknown>> {
  const within = calls.take(caller);
  if (!within.ok) return within;
  const said = CHANGING.has(verb)
    ? audit.record('admin-call', { by: caller.id.uri, serial: caller.leaf.serial, verb })
    : admit(undefined);
  return said.ok ? verbs[verb](body) : said;
}

function recogniseAdministrator(der: Buffer, deps: AdminDeps): Outcome<Caller> {
  const { trustDomain, admins, revocations, clock } = deps;
  const now = wholeSeconds(clock.now());
  const caller = recogniseCaller(der, trustDomain, now);
  if (!caller.ok) return caller;
  const { id } = caller.value;
  if (!isAdministrator(id, admins)) return refuse('GRANT_ADMIN', `${id.uri} is not among admins`);
  const sound = checkUnrevoked(caller.value, revocations.current(), now);
  return sound.ok ? caller : sound;
}
