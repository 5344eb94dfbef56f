/** The CA's verbs on its control socket. Whoever can open that socket is the operator. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { ControlVerb } from '../../runtime/control.ts';
import { describeIssuance } from '../issue/record.ts';
import type { Journal } from '../journal/journal.ts';
import type { Acknowledgements } from '../trust/acknowledgements.ts';
import type { RotationDesk } from '../trust/rotation-desk.ts';
import type { TrustBundle } from '../trust/bundle.ts';
import { orderBackup } from './backup-desk.ts';
import { orderJoinToken, type JoinTokenDesk } from './join-token-desk.ts';
import { listRevocations, orderRevocation, type RevocationDesk } from './revocation-desk.ts';
import { createRotateVerb } from './rotation.ts';

export interface ControlDeps extends JoinTokenDesk, RevocationDesk {
  readonly rotation: RotationDesk;
  readonly journal: Pick<Journal, 'addJoinToken' | 'findIssuance' | 'backup' | 'addRevocation'>;
  readonly bundle: Pick<TrustBundle, 'current'>;
  readonly acknowledgements: Pick<Acknowledgements, 'count' | 'countRevocations'>;
}

/** `join-token {path, dnsNames?, ttl?}` -> `{token, spiffeId, dnsNames, expiresAt}`; `issuance {serial}` -> the record or null;
 *  `revoke` (see `checkRevocationOrder`) -> the entry; `revocations` -> `{generation, entries}`;
 *  `rotate {step, force?}` -> where the rotation stands after it (see rotation.ts);
 *  `backup {file}` -> the same, once the copy is on the disk;
 *  `status` -> who signs, the bundle, and who runs on it. Instants are Unix time in seconds. */
export function createControlVerbs(deps: ControlDeps): Readonly<Record<string, ControlVerb>> {
  return {
    'join-token': (body) => orderJoinToken(body, deps),
    issuance: (body) => findIssuance(body, deps),
    revoke: (body) => orderRevocation(body, deps),
    revocations: () => admit(listRevocations(deps)),
    rotate: createRotateVerb(deps.rotation),
    status: () => admit(describe(deps)),
    backup: (body) => orderBackup(body, deps),
  };
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
