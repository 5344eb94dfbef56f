/**
 * From the configuration to the issuers of subject tokens, this CA among them, and the service that keeps the keys of the others
 * fresh. Verifies nothing itself.
 */
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import { admit } from '../../core/fault/refusal.ts';
import { demand } from '../../core/fault/fault.ts';
import { issuerRules } from '../../core/token/issuer.ts';
import { type KeySet, parseKeySet } from '../../core/token/key-set.ts';
import { createKeySource, type KeyMeasures } from '../../runtime/jwks.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import { together } from '../../runtime/together.ts';
import { outsideRoots } from '../attest/configured.ts';
import type { CaConfig } from '../config.ts';
import { type TokenKey, toKeySet } from './keys.ts';
import { OWN_ISSUER } from './subject-settings.ts';
import type { SubjectIssuer, SubjectIssuers } from './verify-subject.ts';

type TokensConfig = NonNullable<CaConfig['tokens']>;

export interface SubjectsDeps {
  readonly tokens: Pick<TokensConfig, 'issuer' | 'subjects'>;
  readonly trustDomain: TrustDomain;
  /** Those that verify our tokens now. */
  readonly keys: () => readonly TokenKey[];
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  readonly measures: KeyMeasures;
}

/** Not yet started. */
export function createSubjects(deps: SubjectsDeps): { readonly issuers: SubjectIssuers; readonly service: Service } {
  const { tokens } = deps;
  const { measures } = deps;
  const others = tokens.subjects.map((entry) => {
    const { name, issuer: iss, jwks: place } = entry;
    const isSvid = entry.kind === 'jwtSvid';
    const trust = () => outsideRoots(entry.trust);
    const source = createKeySource({
      ...deps,
      issuer: name,
      iss,
      place,
      trust,
      measures,
      ...(isSvid ? { use: 'jwt-svid' as const } : {}),
    });
    return { entry, source };
  });
  const issuers = new Map<string, SubjectIssuer>([[tokens.issuer, ownIssuer(deps)]]);
  for (const { entry, source } of others) {
    const { kind, audience, actors, map } = entry;
    const idToken = idTokenOf(entry);
    issuers.set(entry.issuer, { rules: rulesOf(entry), source, kind, audience, actors, map, idToken });
  }
  return {
    issuers,
    service: together(
      'subject issuers',
      others.map(({ source }): Service => source),
    ),
  };
}

/** JWT-SVID sections 2 and 3: `typ` is absent, JWT or JOSE, and EdDSA is none of its algorithms. */
function rulesOf(entry: TokensConfig['subjects'][number]) {
  if (entry.kind !== 'jwtSvid') return issuerRules(entry);
  const algorithms = entry.algorithms.filter((name) => name !== 'EdDSA' && name !== 'Ed25519');
  return issuerRules({ ...entry, algorithms, types: ['JWT', 'JOSE'] });
}

/** ID tokens are for the client that the user logged in at, and allow nothing by themselves. */
function idTokenOf({ idTokens, ...entry }: TokensConfig['subjects'][number]): SubjectIssuer['idToken'] {
  if (idTokens === undefined) return undefined;
  const { client: audience, claims } = idTokens;
  return {
    audience,
    rules: issuerRules({ ...entry, tokens: 'id', types: ['JWT'], audiences: [], scopes: [], claims }),
  };
}

/** Our own tokens are always bound, and come from our own clock. */
function ownIssuer({ tokens, trustDomain, keys }: SubjectsDeps): SubjectIssuer {
  let known: { readonly of: string; readonly set: KeySet } | undefined;
  const current = () => {
    const present = keys();
    const of = present.map(({ id }) => id).join();
    if (known?.of !== of) known = { of, set: demand(parseKeySet(Buffer.from(JSON.stringify(toKeySet(present))))) };
    return admit(known.set);
  };
  return {
    rules: issuerRules({
      name: OWN_ISSUER,
      issuer: tokens.issuer,
      algorithms: ['ES256'],
      mustBind: true,
      lineage: true,
      trustDomain,
      skew: milliseconds(0),
    }),
    source: {
      keys: current,
      seek: async () => current(),
      subscribe: () => ({ [Symbol.dispose]: () => undefined }),
    },
    kind: 'own',
    audience: undefined,
    actors: true,
    map: [],
    idToken: undefined,
  };
}
