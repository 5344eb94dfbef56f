/**
 * Everything that gives tokens out: the desk that mints, the exchange, and the HTTP side of both with introspection, revocation and
 * metadata. Composition only; decides nothing. With `tokens.serve: false`, or without `tokens`, there is no HTTP side.
 */
import type { Clock, Jitter, RandomBytes } from '../core/time/clock.ts';
import { seconds, toSeconds, wholeSeconds } from '../core/time/units.ts';
import type { Audit } from '../runtime/audit/audit.ts';
import type { KeyMeasures } from '../runtime/jwks.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { createNonces } from '../runtime/token/nonces.ts';
import type { CaConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';
import type { Registrations } from './registrations.ts';
import { createOAuthHandler, type OAuthHandler } from './rpc/oauth.ts';
import type { Porter } from './rpc/porter.ts';
import { createAssertionDesk } from './tokens/assertion.ts';
import { createTokenDesk, type TokenDesk } from './tokens/desk.ts';
import { createProofDesk } from './tokens/dpop.ts';
import { createExchangeDesk } from './tokens/exchange.ts';
import { answerIntrospection, answerRevocation } from './tokens/introspection.ts';
import { metadataOf, pathsOf, urlOf } from './tokens/metadata.ts';
import type { TokenKeyService } from './tokens/service.ts';
import { createSpent, firstSecondAfter } from './tokens/spent.ts';
import { createSubjects } from './tokens/subjects.ts';
import { answerToken } from './tokens/token-endpoint.ts';
import type { RevocationSource } from './trust/revocations.ts';

export interface TokenServiceDeps {
  readonly config: CaConfig;
  readonly registrations: Registrations;
  readonly keys: Pick<TokenKeyService, 'current' | 'published'>;
  readonly revocations: Pick<RevocationSource, 'current' | 'reload'>;
  readonly journal: Pick<Journal, 'addRevocation'>;
  readonly porter: Porter;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly jitter: Jitter;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly measures: KeyMeasures;
}

export interface TokenService {
  readonly desk: TokenDesk;
  /** Undefined: it is switched off. */
  readonly oauth: OAuthHandler | undefined;
  /** Path -> JSON document. */
  readonly documents: Readonly<Record<string, () => object>>;
  readonly services: readonly Service[];
}

type TokensConfig = NonNullable<CaConfig['tokens']>;

/** Not yet started. */
export function createTokenService(deps: TokenServiceDeps): TokenService {
  const { tokens } = deps.config;
  const { registry } = deps.registrations;
  const policy =
    tokens === undefined ? undefined : { issuer: tokens.issuer, ttl: toSeconds(tokens.ttl), rules: tokens.rules };
  const desk = createTokenDesk({ ...deps, policy, registry, key: deps.keys.current });
  if (tokens === undefined || !tokens.serve) return { desk, oauth: undefined, documents: {}, services: [] };
  const subjects = createSubjects({ ...deps, tokens, trustDomain: deps.config.trustDomain, keys: deps.keys.published });
  const scopes = [...new Set(tokens.rules.flatMap((rule) => rule.scopes))];
  const paths = pathsOf(tokens.issuer);
  const oauth = createHttpSide(tokens, { deps, desk, subjects });
  return {
    desk,
    oauth,
    documents: { [paths.metadata]: () => metadataOf(tokens.issuer, scopes) },
    services: [subjects.service, endWith('token-requests', oauth)],
  };
}

/** Ends it with the CA. */
function endWith(name: string, thing: Disposable): Service {
  const end = async (): Promise<void> => thing[Symbol.dispose]();
  return { name, start: async () => undefined, drain: async () => undefined, [Symbol.asyncDispose]: end };
}

interface Inside {
  readonly deps: TokenServiceDeps;
  readonly desk: TokenDesk;
  readonly subjects: ReturnType<typeof createSubjects>;
}

const NONCE_STEP = seconds(60);
/** What is remembered of used assertions, and of used proofs. */
const REMEMBERED = { share: 1000, most: 100_000 } as const;

function createHttpSide(tokens: TokensConfig, { deps, desk, subjects }: Inside): OAuthHandler {
  const { config, registrations, clock, random } = deps;
  const { issuer, dpop } = tokens;
  const { registry, secrets, apiKeys } = registrations;
  const paths = pathsOf(issuer);
  const window = toSeconds(dpop.window);
  const startedAt = firstSecondAfter(clock.now());
  const proofs = createProofDesk({
    url: urlOf(issuer, paths.token),
    window,
    nonces: dpop.nonce === 'required' ? createNonces({ random, step: NONCE_STEP }) : undefined,
    spent: createSpent(REMEMBERED),
    startedAt,
  });
  const assertions = createAssertionDesk({ registry, issuer, spent: createSpent(REMEMBERED), startedAt });
  const { issuers } = subjects;
  const exchange = createExchangeDesk({ ...deps, desk, issuers, issuer, registry, rules: tokens.rules });
  const asking = { ...deps, issuers, issuer, owners: tokens.introspection };
  return createOAuthHandler({
    ...deps,
    endpoints: {
      [paths.token]: { name: 'token', answer: (request) => answerToken(request, { desk, exchange, proofs }) },
      [paths.introspection]: { name: 'introspect', answer: (request) => answerIntrospection(request, asking) },
      [paths.revocation]: { name: 'revoke', answer: (request) => answerRevocation(request, asking) },
    },
    authentication: { registry, secrets, apiKeys, assertions },
    nonce: () => proofs.nonce(wholeSeconds(clock.now())),
    perTurnPerMinute: config.limits.perAddressPerMinute,
    perClientPerMinute: config.limits.callsPerIdentityPerMinute,
  });
}
