/**
 * Mints tokens for callers who are known already, records each decision, and counts how it went. What is granted is decided by
 * `rules.ts`; what a subject token proves, by `subject.ts`.
 */
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { TokenKey } from './keys.ts';
import { mintToken, type MintSubject } from './mint.ts';
import type { Registry } from './registry.ts';
import type { TokenRequester } from './requester.ts';
import { decideGrant, type RuleSubject, type TokenRule } from './rules.ts';

export interface TokenPolicy {
  /** The `iss`, byte for byte as sidecars are told. */
  readonly issuer: string;
  /** The longest life, and the one of a token for which no other was asked. */
  readonly ttl: Seconds;
  readonly rules: readonly TokenRule[];
}

/** A subject token that was verified, and what the rules look at of it. */
export interface ProvenSubject {
  readonly rule: RuleSubject;
  readonly mint: MintSubject;
  /** How logs name the subject token. */
  readonly label: string;
}

export interface TokenDesk {
  /** What one asks for in one's own name, or for a subject that was verified. A CA without the section `tokens` refuses all.
   *  Refuses: GRANT_TOKEN_REQUEST | GRANT_TARGET | GRANT_TOKEN_RULE | GRANT_SCOPE | GRANT_TOKEN_LIFETIME | ISSUE_AUDIT. */
  mint(
    requester: TokenRequester,
    request: MintRequest & { readonly subject?: ProvenSubject | undefined },
    now: EpochSeconds,
  ): Outcome<MintedToken>;
}

export interface TokenDeskDeps {
  /** Undefined: this CA mints no tokens. */
  readonly policy: TokenPolicy | undefined;
  readonly key: () => TokenKey;
  readonly registry: Pick<Registry, 'listMandates'>;
  readonly audit: Audit;
  readonly random: RandomBytes;
  readonly metrics: Pick<Metrics, 'counter'>;
}

/** A desk that counts in `cleat_ca_tokens_total{result}`. */
export function createTokenDesk(deps: TokenDeskDeps): TokenDesk {
  const ends = deps.metrics.counter('cleat_ca_tokens_total', 'Requests for a token, by their end.', ['result']);
  return {
    mint(requester, request, now) {
      const minted = mint(requester, request, { deps, now });
      ends.add([minted.ok ? 'minted' : minted.refusal.code]);
      return minted;
    },
  };
}

type Request = Parameters<TokenDesk['mint']>[1];

function mint(
  requester: TokenRequester,
  request: Request,
  { deps, now }: { readonly deps: TokenDeskDeps; readonly now: EpochSeconds },
): Outcome<MintedToken> {
  const { policy, registry, key, random, audit } = deps;
  if (policy === undefined) return refuse('GRANT_TOKEN_RULE', 'this CA has no section tokens');
  const { subject, audience, ttl } = request;
  const terms = { rules: policy.rules, mandates: registry.listMandates(now), subject: subject?.rule };
  const granted = decideGrant(requester, request, terms);
  if (!granted.ok) return granted;
  const order = { requester, audience, granted: granted.value, ttl, subject: subject?.mint };
  const made = mintToken(order, { issuer: policy.issuer, ttl: policy.ttl, key: key(), random }, now);
  if (!made.ok) return made;
  const { workload, client, apiKey } = requester;
  // No token leaves that the audit stream does not name, as with certificates.
  const told = audit.record('token', {
    jti: made.value.jti,
    subject: made.value.subject,
    actors: made.value.actors.length === 0 ? undefined : JSON.stringify(made.value.actors),
    workload: workload?.id.uri,
    serial: workload?.leaf.serial,
    client: client?.id,
    apiKey: apiKey?.id,
    jkt: requester.jkt,
    audience,
    scopes: made.value.scopes.join(' '),
    rule: granted.value.rule,
    subjectIssuer: subject?.rule.issuer,
    subjectToken: subject?.label,
    expiresAt: made.value.expiresAt,
  });
  return told.ok ? made : told;
}
