/** The authorities of a CA as its configuration wants them: where they come from, their rotation, and who follows it. */
import type { Clock, RandomBytes } from '../core/time/clock.ts';
import { toSeconds } from '../core/time/units.ts';
import type { Audit } from '../runtime/audit/audit.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { CaConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';
import { createAuthorityService } from './signer/service.ts';
import type { Acknowledgements } from './trust/acknowledgements.ts';
import { createAuthorities, type Authorities } from './trust/authorities.ts';
import type { TrustBundle } from './trust/bundle.ts';
import { watchIssuer } from './trust/issuer-watch.ts';
import type { RevocationSource } from './trust/revocations.ts';
import { createRotationDesk, type RotationDesk } from './trust/rotation-desk.ts';
import { createRotationSchedule } from './trust/rotation-schedule.ts';

export interface RotationParts {
  readonly authorities: Authorities;
  readonly desk: RotationDesk;
  /** In the order of their start; they need the journal and the audit started. */
  readonly services: readonly Service[];
}

export interface RotationPartsDeps {
  readonly config: CaConfig;
  readonly journal: Journal;
  readonly bundle: TrustBundle;
  readonly acknowledgements: Acknowledgements;
  readonly revocations: Pick<RevocationSource, 'current'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told whether the CA can sign. */
  readonly onHealth: (sound: boolean) => void;
}

/** Not yet started. */
export function createRotation(deps: RotationPartsDeps): RotationParts {
  const { config } = deps;
  const { trustDomain, dataDir, issuer } = config;
  const places = issuer.source === 'files' ? issuer.files : undefined;
  const authorities = createAuthorities(deps);
  const own = { ...deps, trustDomain, dataDir, ttl: toSeconds(issuer.ttl) };
  const desk = createRotationDesk({ ...own, authorities, source: issuer.source });
  const schedule = createRotationSchedule({
    ...deps,
    authorities,
    desk,
    // What lies in files is prepared by whoever writes them.
    rotateAfter: places === undefined && issuer.rotateAfter !== 'never' ? issuer.rotateAfter / 100 : undefined,
    ttlMin: toSeconds(config.certificates.ttlMin),
  });
  const follow =
    places === undefined ? [] : [watchIssuer({ ...own, places, authorities, desk, onAdopted: () => schedule.look() })];
  return {
    authorities,
    desk,
    services: [createAuthorityService({ ...own, authorities, places }), ...follow, schedule],
  };
}
