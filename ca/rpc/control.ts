/** The CA's verbs on its control socket. Whoever can open that socket is the operator. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { ControlVerb } from '../../runtime/control.ts';
import type { AdminVerb } from '../../runtime/grpc/admin-wire.ts';
import type { Log } from '../../runtime/log.ts';
import { describeIssuance } from '../issue/record.ts';
import type { Journal } from '../journal/journal.ts';
import type { TokenKeyService } from '../tokens/service.ts';
import type { Acknowledgements } from '../trust/acknowledgements.ts';
import type { TrustBundle } from '../trust/bundle.ts';
import { renderBundlePem } from '../trust/document.ts';
import type { RevocationSource } from '../trust/revocations.ts';
import type { Authority } from '../signer/authority.ts';
import { orderBackup } from './backup-desk.ts';

export interface ControlDeps {
  /** What an administrator may ask too. */
  readonly admin: Readonly<Record<AdminVerb, ControlVerb>>;
  readonly trustDomain: TrustDomain;
  readonly journal: Pick<Journal, 'findIssuance' | 'backup'>;
  readonly authority: () => Authority;
  readonly revocations: Pick<RevocationSource, 'current'>;
  readonly audit: Audit;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly bundle: Pick<TrustBundle, 'current'>;
  readonly acknowledgements: Pick<Acknowledgements, 'count' | 'countRevocations'>;
  readonly tokenKeys: Pick<TokenKeyService, 'lives' | 'rotate'>;
  /** `tokens.issuer`; undefined: this CA mints no tokens. */
  readonly issuer: string | undefined;
}

/** The verbs of admin-verbs.ts, and those for whoever sits beside the CA: `issuance {serial}` -> the record or null;
 *  `backup {file}` -> the same, once the copy is on the disk; `token-key {rotate?}` -> `{keys}`, after a rotation `soon` or `now`
 *  where one is asked for; with `now` the keys of before are revoked by their `kid` too;
 *  `bundle` -> `{generation, pem}`, the roots of now; `status` -> who signs, the bundle, and who runs on it. Instants are Unix time in seconds. */
export function createControlVerbs(deps: ControlDeps): Readonly<Record<string, ControlVerb>> {
  return {
    ...deps.admin,
    issuance: (body) => findIssuance(body, deps),
    status: () => admit(describe(deps)),
    bundle() {
      const state = deps.bundle.current();
      return admit({ generation: state.generation, pem: renderBundlePem(state) });
    },
    backup: (body) => orderBackup(body, deps),
    'token-key': (body) => orderTokenKey(body, deps),
  };
}

async function orderTokenKey(body: unknown, deps: ControlDeps): Promise<Outcome<object>> {
  const { tokenKeys } = deps;
  const order = typeof body === 'object' && body !== null && 'rotate' in body ? body.rotate : undefined;
  if (order !== undefined && order !== 'soon' && order !== 'now')
    return refuse('CONFIG_INVALID', 'rotate: soon or now');
  const gone = order === undefined ? admit([]) : tokenKeys.rotate(order);
  if (!gone.ok) return gone;
  const ended = order === 'now' ? await revokeKeys(gone.value, deps) : admit(undefined);
  return ended.ok ? admit({ keys: tokenKeys.lives() }) : ended;
}

/** A verifier may keep a key that is published no more for as long as it keeps what it fetched; sidecars hear of this at once. */
async function revokeKeys(ids: readonly string[], { admin, issuer }: ControlDeps): Promise<Outcome<void>> {
  for (const [at, kid] of ids.entries()) {
    const revoked = await admin.revoke({ issuer, kid, reason: 'keyCompromise' });
    if (revoked.ok) continue;
    const { code, detail } = revoked.refusal;
    return refuse(code, `rotated, but revoke by hand --kid ${ids.slice(at).join(', --kid ')}: ${detail}`);
  }
  return admit(undefined);
}

async function findIssuance(body: unknown, { journal }: ControlDeps): Promise<Outcome<unknown>> {
  const serial = typeof body === 'object' && body !== null && 'serial' in body ? body.serial : undefined;
  if (typeof serial !== 'string' || !/^[0-9a-f]{2,40}$/.test(serial))
    return refuse('CONFIG_INVALID', 'serial: 2 to 40 digits of lower-case hex');
  const found = await journal.findIssuance(serial);
  if (!found.ok) return found;
  return admit(found.value === undefined ? null : describeIssuance(found.value));
}

function describe({ trustDomain, authority, bundle, revocations, acknowledgements, clock }: ControlDeps): object {
  const now = wholeSeconds(clock.now());
  const { certificate } = authority();
  const { generation, roots } = bundle.current();
  return {
    trustDomain,
    authority: { thumbprint: certificate.thumbprint.toString('hex'), notAfter: certificate.notAfter },
    bundle: { generation, roots: roots.length },
    sidecars: Object.fromEntries(acknowledgements.count(now)),
    revocations: {
      generation: revocations.current().generation,
      entries: revocations.current().entries.length,
      sidecars: Object.fromEntries(acknowledgements.countRevocations(now)),
    },
  };
}
