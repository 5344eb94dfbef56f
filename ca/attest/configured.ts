/**
 * From the configuration to the attestors of the issuance cycle, with what keeps their roots and keys fresh. All of them
 * start at once: an issuer that does not answer holds up no other. Verifies nothing itself.
 */
import { readFileSync } from 'node:fs';

import { Fault } from '../../core/fault/fault.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { issuerRules } from '../../core/token/issuer.ts';
import type { OutsideTrustPlace } from '../../runtime/config/place.ts';
import type { ServerTrust } from '../../runtime/https-call.ts';
import { createKeySource, type KeyMeasures } from '../../runtime/jwks.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import { together } from '../../runtime/together.ts';
import type { CaConfig } from '../config.ts';
import type { Attestors } from './attest.ts';
import { createExternalRoots } from './external-roots.ts';

export interface AttestorsDeps {
  readonly config: Pick<CaConfig, 'attestors'>;
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  readonly measures: KeyMeasures;
}

/** The attestors, and the service that they stand on. Its `start` throws CONFIG_FILE for a file that is missing or wrong. */
export function createAttestors(deps: AttestorsDeps): { readonly attestors: Attestors; readonly service: Service } {
  const { x509, oidc } = deps.config.attestors;
  const authorities = x509.map(({ name, roots, rules }) => {
    const source = createExternalRoots({ ...deps, name, file: roots });
    return { source, attestor: { name, roots: () => source.current(), rules } };
  });
  const { measures } = deps;
  const issuers = oidc.map((entry) => {
    const trust = (): ServerTrust | undefined => outsideRoots(entry.trust);
    const { name, issuer: iss, jwks: place } = entry;
    const source = createKeySource({ ...deps, issuer: name, iss, place, trust, measures });
    const { audience, rules } = entry;
    return { source, attestor: { issuer: { rules: issuerRules(entry), source }, audience, rules } };
  });
  return {
    attestors: {
      x509: authorities.map(({ attestor }) => attestor),
      oidc: new Map(issuers.map(({ attestor }) => [attestor.issuer.rules.issuer, attestor])),
    },
    service: together(
      'attestors',
      [...authorities, ...issuers].map(({ source }): Service => source),
    ),
  };
}

/** The roots that vouch for a server outside of the mesh; undefined: those of the system. Asked at each fetch, so that roots that
 *  were replaced count at once. Throws CONFIG_FILE. */
export function outsideRoots(place: OutsideTrustPlace): ServerTrust | undefined {
  if (place.kind === 'system') return undefined;
  try {
    return { ca: readFileSync(place.path, 'utf8') };
  } catch (cause) {
    throw new Fault('CONFIG_FILE', `the roots in ${place.path} cannot be read`, { cause });
  }
}
