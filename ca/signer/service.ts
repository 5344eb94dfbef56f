/** The authorities as a service: opened at start, from our own folders or from files, and published in the bundle. */
import { demand } from '../../core/fault/fault.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Journal } from '../journal/journal.ts';
import type { TrustRecord } from '../journal/record.ts';
import type { Authorities, Beginning } from '../trust/authorities.ts';
import { resumeIssuer } from '../trust/issuer-adoption.ts';
import type { Seat } from '../trust/seats.ts';
import { readIssuerFiles, type IssuerPlaces } from './issuer-files.ts';
import { openOwnRoots, reopenOwnRoots, type OwnRootsDeps } from './own-roots.ts';

export interface AuthorityServiceDeps extends OwnRootsDeps {
  readonly authorities: Pick<Authorities, 'begin'>;
  readonly journal: Pick<Journal, 'readTrust'>;
  /** Undefined: the CA makes its roots itself. */
  readonly places: IssuerPlaces | undefined;
}

/** A service whose `start` throws SIGNER_KEY | SIGNER_ROOT | CONFIG_FILE | JOURNAL_MISMATCH | JOURNAL_FAILED. Needs the
 *  journal started. */
export function createAuthorityService(deps: AuthorityServiceDeps): Service {
  return {
    name: 'authority',
    async start(signal) {
      signal.throwIfAborted();
      const known = demand(await deps.journal.readTrust());
      demand(await deps.authorities.begin(await open(known, deps)));
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}

async function open(known: TrustRecord, deps: AuthorityServiceDeps): Promise<Beginning> {
  const { places, trustDomain, clock, log } = deps;
  if (places === undefined) return { seats: openOwnRoots(known, deps), before: known.bundle, announced: [] };
  const read = await readIssuerFiles(places, { trustDomain, now: wholeSeconds(clock.now()) });
  const { authority, roots } = demand(read);
  const seats = resumeIssuer(known.authorities, reopenOwnRoots(known, deps), authority);
  log.info('issuer read from files', {
    authority: authority.certificate.thumbprint.toString('hex'),
    endsAt: authority.endsAt,
    slots: seats.map(({ record }) => record.slot),
  });
  if (hasLostIssuer(known, seats))
    log.warn('the issuer changed while the CA was down: the new one signs at once, acknowledged or not', {
      last: known.authorities.find(({ slot }) => slot === 'active')?.thumbprint,
    });
  return { seats, before: known.bundle, announced: roots };
}

/** Whether the one that signed stands on another root, and its key is gone. */
function hasLostIssuer({ authorities }: TrustRecord, seats: readonly Seat[]): boolean {
  const last = authorities.find(({ slot }) => slot === 'active');
  const seated = seats.find(({ record }) => record.thumbprint === last?.thumbprint);
  return seated?.record.slot === 'retired';
}
