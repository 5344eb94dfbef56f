/**
 * When a rule matches: each criterion is a row, all must hold, cheap ones first. Pure; what a criterion needs of a request is in
 * its facts. A rule that names issuers, audiences, claims or actors wants a token.
 */
import type { IdPattern } from '../../core/identity/pattern.ts';
import { matchesId } from '../../core/identity/pattern.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import type { Caller } from '../../core/token/bind.ts';
import { claimAt } from '../../core/token/claim-path.ts';
import type { JsonValue } from '../../core/token/json.ts';
import type { ActorPattern, ClaimRule, RequestFacts, Rule } from './policy.ts';
import { matchesPath } from './path-pattern.ts';

export interface Criterion {
  readonly name: keyof Rule;
  holds(rule: Rule, caller: Caller, facts: RequestFacts): boolean;
}

export const CRITERIA: readonly Criterion[] = [
  { name: 'methods', holds: (rule, _caller, { method }) => rule.methods?.includes(method) ?? true },
  {
    name: 'paths',
    holds: (rule, _caller, { path }) => rule.paths?.some((pattern) => matchesPath(pattern, path)) ?? true,
  },
  { name: 'peers', holds: (rule, { peer }) => rule.peers.some((pattern) => matchesId(pattern, peer.id)) },
  { name: 'issuers', holds: (rule, { token }) => rule.issuers?.includes(token?.issuer ?? '') ?? true },
  { name: 'audiences', holds: (rule, { token }) => rule.audiences?.includes(token?.audience ?? '') ?? true },
  { name: 'claims', holds: (rule, caller) => rule.claims?.every((claim) => hasClaim(claim, caller)) ?? true },
  {
    name: 'actors',
    holds: (rule, caller) => rule.actors === undefined || isOne(rule.actors, caller.token?.actor, caller),
  },
  {
    name: 'chain',
    holds: ({ chain }, caller) =>
      chain === undefined || (caller.token?.actors.every((actor) => isOne(chain, actor, caller)) ?? false),
  },
  {
    name: 'delegated',
    holds: ({ delegated }, { token }) =>
      delegated === undefined || (token !== undefined && token.actors.length > 0 === delegated),
  },
  {
    name: 'from',
    holds: ({ from }, _caller, { remote }) => from === undefined || (remote !== undefined && from.holds(remote)),
  },
  {
    name: 'times',
    holds: ({ times }, _caller, { now }) => times === undefined || (now !== undefined && times.holds(now)),
  },
];

/** Names of the criteria that do not hold. */
export function unmetBy(rule: Rule, caller: Caller, facts: RequestFacts): readonly string[] {
  return CRITERIA.filter((criterion) => !criterion.holds(rule, caller, facts)).map(({ name }) => name);
}

/** The claim is one of the values, or a list that holds one. Types count: `1` is not `"1"`. */
function hasClaim({ claim, oneOf }: ClaimRule, { token }: Caller): boolean {
  if (token === undefined) return false;
  const found = claimAt(token.claims, claim);
  const isOneOf = (value: JsonValue | undefined): boolean => oneOf.some((wanted) => wanted === value);
  return Array.isArray(found) ? (found as readonly JsonValue[]).some(isOneOf) : isOneOf(found);
}

/** By the patterns of our trust domain, or by name. */
function isOne(patterns: readonly ActorPattern[], actor: string | undefined, { peer }: Caller): boolean {
  if (actor === undefined) return false;
  const id = parseSpiffeId(actor);
  return patterns.some((pattern) => {
    if ('name' in pattern) return pattern.name === actor;
    return id.ok && id.value.trustDomain === peer.id.trustDomain && matchesId(pattern satisfies IdPattern, id.value);
  });
}
