/** From a case of the vectors to a trial: settings, keys, bundles and revocations in the product's own types. Judges nothing. */
import { demand } from '../../core/fault/fault.ts';
import { refuse } from '../../core/fault/refusal.ts';
import {
  indexRevocations,
  type Revocation,
  type RevocationIndex,
  type RevokedThing,
  type TokenKind,
} from '../../core/identity/revocation.ts';
import { parseTrustDomain, type TrustDomain } from '../../core/identity/trust-domain.ts';
import { epochSeconds, milliseconds, seconds } from '../../core/time/units.ts';
import { type Algorithm, algorithmOf } from '../../core/token/algorithm.ts';
import { issuerRules } from '../../core/token/issuer.ts';
import { normaliseTarget } from '../../core/token/target-uri.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { readCandidates } from '../../core/x509/path.ts';
import { createReplayStore, type ReplayStore } from '../../runtime/token/replay.ts';
import { type TrustedIssuer, verifyToken } from '../../runtime/token/verify-token.ts';
import { parsePolicy } from '../../sidecar/policy/read.ts';
import type { Policy } from '../../sidecar/policy/policy.ts';
import { createDpop, type Dpop } from '../../sidecar/token/dpop.ts';
import type { TokenChecks } from '../../sidecar/token/verifier.ts';
import { fixedKeys } from './fixed-keys.ts';
import { writeHead } from './head.ts';
import type { Trial } from './trial.ts';
import type { VectorIssuer, VectorSettings, VectorTest } from './vector-format.ts';

/** A case asks for what the product cannot be told to do: it is named, and neither passes nor fails. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** Gives the trial. Throws `Unsupported`, or a `Fault` for settings that the product refuses. */
export function trialOf(test: VectorTest, settings: VectorSettings): Trial {
  const now = epochSeconds(test.now);
  const authority = new URL(settings.origins[0] ?? 'https://service.example').host;
  return {
    now,
    chain: test.connection?.chain.map((text) => Buffer.from(text, 'base64')),
    from: test.connection?.from ?? '192.0.2.1',
    bundles: bundlesOf(settings),
    head: writeHead(test.request, test.request.fields, authority),
    tokens: verifierOf(settings),
    policy: policyOf(settings),
    revocations: revocationsOf(test.state.revoked, settings),
    dpop: dpopOf(test, settings),
  };
}

/** What was used before and which nonces are good, the case says. An entry of `seen` without a key is any key's. */
function dpopOf({ now, state: { seen, nonces } }: VectorTest, { origins, dpop }: VectorSettings): Dpop {
  const window = seconds(dpop.window);
  const store = createReplayStore({ window, most: seen.length + 1 });
  for (const one of seen) if (typeof one !== 'string') store.take(one.jkt, one.jti, epochSeconds(now));
  const check: ReplayStore['check'] = (jkt, jti, at) =>
    seen.includes(jti) ? refuse('BINDING_REPLAY', 'in the state of the case, of any key') : store.check(jkt, jti, at);
  return createDpop({
    origins: origins.map((one) => normaliseTarget(one)?.replace(/\/$/, '') ?? one),
    window,
    nonces: dpop.nonce === 'off' ? undefined : { current: () => 'next', accepts: (one) => nonces.includes(one) },
    replay: { ...store, check },
  });
}

function bundlesOf({ bundles }: VectorSettings): ReadonlyMap<TrustDomain, readonly Certificate[]> {
  const entries = Object.entries(bundles).map(([name, ders]) => {
    const roots = readCandidates(ders.map((text) => Buffer.from(text, 'base64')));
    return [demand(parseTrustDomain(name)), roots] as const;
  });
  return new Map(entries);
}

/** Without a memory: each case is one request. Each issuer has its own audiences. */
function verifierOf({ issuers, skew }: VectorSettings): TokenChecks {
  const known = new Map(issuers.map((entry) => [entry.issuer, { entry, trusted: trustedIssuer(entry, skew) }]));
  return {
    recall: () => undefined,
    verify: (text, peer, now) =>
      verifyToken(text, {
        issuer: (iss) => known.get(iss)?.trusted,
        audiences: ({ rules }) => known.get(rules.issuer)?.entry.audiences ?? [],
        asker: peer.id.uri,
        now,
      }),
  };
}

const SKEW_MOST = 60;

function trustedIssuer(entry: VectorIssuer, skew: number): TrustedIssuer {
  if (skew > SKEW_MOST) throw new Unsupported(`skew of ${skew} s, at most ${SKEW_MOST} s`);
  const { trustDomain, maxLifetime, scopes, clientsWithoutAudience, claims, ...terms } = entry;
  const rules = issuerRules({
    ...terms,
    name: entry.issuer,
    algorithms: entry.algorithms.map(algorithmNamed),
    audiences: (clientsWithoutAudience ?? []).map((client) => ({
      claim: 'client_id',
      accept: client,
      for: entry.audiences[0] ?? '',
    })),
    skew: milliseconds(skew * 1000),
    ...(typeof trustDomain === 'string' ? { trustDomain: demand(parseTrustDomain(trustDomain)) } : {}),
    ...(typeof maxLifetime === 'number' ? { maxLifetime: milliseconds(maxLifetime * 1000) } : {}),
    ...(scopes ? { scopes } : {}),
    ...(claims ? { claims } : {}),
  });
  return { rules, source: fixedKeys(Buffer.from(JSON.stringify(entry.jwks))) };
}

function algorithmNamed(name: string): Algorithm {
  const algorithm = algorithmOf(name);
  if (algorithm === undefined) throw new Unsupported(`algorithm ${name}`);
  return algorithm;
}

/** The case's own policy, read as a policy file is; without one whoever is bound is admitted. */
function policyOf({ policy, binding, issuers }: VectorSettings): Policy {
  const admitting = { routes: [], rules: [{ id: 'all', peers: [{ any: true }] }] };
  const stated = { ...admitting, ...policy };
  const routes = [...(Array.isArray(stated.routes) ? stated.routes : []), { path: { under: '/' }, binding }];
  const known = {
    issuers: issuers.map((entry) => entry.issuer),
    audiences: issuers.flatMap(({ audiences }) => audiences),
  };
  return demand(parsePolicy('policy', JSON.stringify({ ...stated, routes }), known));
}

/** After the end of every certificate and token of a case. */
const NEVER = epochSeconds(253_402_300_799);

function revocationsOf(revoked: VectorTest['state']['revoked'], { issuers }: VectorSettings): RevocationIndex {
  const ofIssuer = (kind: TokenKind): readonly RevokedThing[] =>
    revoked[kind].flatMap((entry) =>
      typeof entry === 'string'
        ? issuers.map(({ issuer }) => ({ kind, issuer, value: entry }))
        : [{ kind, issuer: entry.issuer, value: entry.value }],
    );
  const certificate = (facts: { readonly serial?: string; readonly thumbprint?: string }): RevokedThing => ({
    kind: 'certificate',
    serial: '',
    thumbprint: '',
    lineageId: '',
    sequence: 0,
    ...facts,
  });
  const things: readonly RevokedThing[] = [
    ...ofIssuer('jti'),
    ...ofIssuer('sub'),
    ...ofIssuer('kid'),
    ...ofIssuer('origin'),
    ...revoked.serial.map((serial) => certificate({ serial })),
    ...revoked.thumbprint.map((thumbprint) => certificate({ thumbprint })),
    ...revoked.lineage.map((lineageId) => ({ kind: 'lineage', lineageId }) as const),
    ...revoked.frozenLineage.map((lineageId) => ({ kind: 'frozen-lineage', lineageId }) as const),
    ...revoked.spiffeId.map((spiffeId) => ({ kind: 'spiffe-id', spiffeId }) as const),
  ];
  const entries = things.map(
    (thing, at): Revocation => ({
      ...thing,
      generation: at + 1,
      reason: 'unspecified',
      revokedAt: epochSeconds(0),
      endsAt: NEVER,
    }),
  );
  return indexRevocations(entries.length, entries);
}
