/**
 * Decides who may get a token for which audience and scopes, for every grant alike: the first rule that names asker, audience
 * and subject decides, no later one is tried, and no rule refuses. A live mandate is a rule with an end: it is looked at
 * where the rules do not grant what is asked. Nothing granted is ever wider than the registration of the client, its API
 * key, or the subject token. Pure.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { matchesId, type IdPattern } from '../../core/identity/pattern.ts';
import type { MandateRecord } from '../journal/record.ts';
import type { TokenRequester } from './requester.ts';

/** Workloads that ask in their own name, one registered client, or each of them. */
export type RuleFor = { readonly spiffe: IdPattern } | { readonly client: string } | { readonly anyClient: true };

export interface TokenRule {
  readonly for: RuleFor;
  /** There: a rule for exchanges alone, and only of such subject tokens. Absent: a rule for what is asked in one's own name. */
  readonly onBehalfOf?: { readonly issuer?: string | undefined; readonly audience?: string | undefined } | undefined;
  readonly audience: string;
  readonly scopes: readonly string[];
}

/** What a rule looks at of a subject token. */
export interface RuleSubject {
  /** Name of its issuer; `own` for this CA. */
  readonly issuer: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  /** It is bound to a certificate that the caller does not show: only a rule that names its audience lets it through. */
  readonly isBoundElsewhere: boolean;
}

export interface TokenWish {
  readonly audience: string;
  /** Empty: all that is granted. */
  readonly scopes: readonly string[];
}

export interface RuleTerms {
  readonly rules: readonly TokenRule[];
  /** Those that hold now. */
  readonly mandates: readonly MandateRecord[];
  /** Undefined: asked in one's own name. */
  readonly subject: RuleSubject | undefined;
}

export interface Granted {
  /** Each once, in the order asked for. */
  readonly scopes: readonly string[];
  /** `tokens.rules[3]` or `mandate 0123456789abcdef`: for log and audit. */
  readonly rule: string;
  /** What granted it, where that was a mandate. */
  readonly mandate: MandateRecord | undefined;
}

const AUDIENCE = /^[\x21-\x7e]{1,255}$/;
/** RFC 6749 section 3.3, with a bound on the length. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const SCOPES_MOST = 64;

/** Gives what may be granted. Refuses: GRANT_TOKEN_REQUEST (malformed) | GRANT_TARGET (an audience that the client is not
 *  registered for) | GRANT_TOKEN_RULE (no rule) | GRANT_SCOPE (more than allowed, or nothing left). */
export function decideGrant(requester: TokenRequester, wish: TokenWish, terms: RuleTerms): Outcome<Granted> {
  const flaw = flawOf(wish);
  if (flaw !== undefined) return refuse('GRANT_TOKEN_REQUEST', flaw);
  const registered = checkRegistered(requester, wish);
  if (!registered.ok) return registered;
  const byRule = decideByRule(requester, wish, terms);
  if (byRule.ok || terms.subject !== undefined) return byRule;
  const mandate = terms.mandates.find(
    (one) => one.audience === wish.audience && isFor(one.for, requester) && holds(one.scopes, wish.scopes),
  );
  if (mandate === undefined) return byRule;
  const granted = narrow(requester, wish, { scopes: mandate.scopes, subject: undefined });
  return granted.ok ? admit({ scopes: granted.value, rule: `mandate ${mandate.id}`, mandate }) : granted;
}

function decideByRule(requester: TokenRequester, wish: TokenWish, { rules, subject }: RuleTerms): Outcome<Granted> {
  const place = rules.findIndex(
    (rule) => rule.audience === wish.audience && isFor(rule.for, requester) && isAbout(rule, subject),
  );
  const rule = rules[place];
  if (rule === undefined) return refuse('GRANT_TOKEN_RULE', noRule(requester, wish, subject));
  const granted = narrow(requester, wish, { scopes: rule.scopes, subject });
  if (granted.ok) return admit({ scopes: granted.value, rule: `tokens.rules[${place}]`, mandate: undefined });
  return refuse(granted.refusal.code, `tokens.rules[${place}]: ${granted.refusal.detail}`);
}

/** Whether it is this one. A rule for a workload is for what it asks in its own name: a client has rules of its own, wherever it is
 *  used from. */
export function isFor(one: RuleFor, { client, workload }: Pick<TokenRequester, 'client' | 'workload'>): boolean {
  if ('anyClient' in one) return client !== undefined;
  if ('client' in one) return client?.id === one.client;
  return client === undefined && workload !== undefined && matchesId(one.spiffe, workload.id);
}

function isAbout({ onBehalfOf }: TokenRule, subject: RuleSubject | undefined): boolean {
  if (onBehalfOf === undefined || subject === undefined) return onBehalfOf === undefined && subject === undefined;
  const { issuer, audience } = onBehalfOf;
  if (issuer !== undefined && issuer !== subject.issuer) return false;
  if (audience !== undefined && audience !== subject.audience) return false;
  return audience !== undefined || !subject.isBoundElsewhere;
}

/** Whether a rule names this caller and the audience of a token that is bound to another certificate: only then may he have it. */
export function isPairNamed(
  rules: readonly TokenRule[],
  requester: TokenRequester,
  { issuer, audience }: Pick<RuleSubject, 'issuer' | 'audience'>,
): boolean {
  const subject = { issuer, audience, scopes: [], isBoundElsewhere: true };
  return rules.some((rule) => isAbout(rule, subject) && isFor(rule.for, requester));
}

/** Upper bounds that no rule and no mandate lifts. */
function checkRegistered({ client, apiKey }: TokenRequester, { audience, scopes }: TokenWish): Outcome<void> {
  if (client === undefined) return admit(undefined);
  const bounds = [
    { of: `client ${client.id}`, ...pick(client) },
    ...(apiKey === undefined ? [] : [{ of: `API key ${apiKey.id}`, ...pick(apiKey) }]),
  ];
  for (const bound of bounds) {
    if (!bound.audiences.includes(audience))
      return refuse('GRANT_TARGET', `${bound.of} is not registered for the audience ${JSON.stringify(audience)}`);
    const beyond = without(scopes, bound.scopes);
    if (beyond.length > 0) return refuse('GRANT_SCOPE', `${bound.of} is not registered for ${JSON.stringify(beyond)}`);
  }
  return admit(undefined);
}

const pick = ({
  audiences,
  scopes,
}: {
  readonly audiences: readonly string[];
  readonly scopes: readonly string[];
}) => ({
  audiences,
  scopes,
});

interface Bounds {
  readonly scopes: readonly string[];
  readonly subject: RuleSubject | undefined;
}

/** What was asked, if all of it is allowed; where nothing was, all that is allowed. */
function narrow(
  { client, apiKey }: TokenRequester,
  wish: TokenWish,
  { scopes, subject }: Bounds,
): Outcome<readonly string[]> {
  const bounds = [client?.scopes, apiKey?.scopes, subject?.scopes].filter((bound) => bound !== undefined);
  const allowed = scopes.filter((scope) => bounds.every((bound) => bound.includes(scope)));
  const beyond = without(wish.scopes, allowed);
  if (beyond.length > 0) return refuse('GRANT_SCOPE', `not granted: ${JSON.stringify(beyond)}`);
  const granted = wish.scopes.length === 0 ? allowed : [...new Set(wish.scopes)];
  // A rule without scopes grants the bare audience; a rule whose scopes are all taken away grants nothing.
  if (granted.length === 0 && (scopes.length > 0 || subject !== undefined))
    return refuse('GRANT_SCOPE', 'no scope is left of those that the rule grants');
  return admit(granted);
}

const holds = (all: readonly string[], some: readonly string[]): boolean => some.every((one) => all.includes(one));
const without = (all: readonly string[], some: readonly string[]): readonly string[] =>
  all.filter((one) => !some.includes(one));

function noRule(
  { client, workload }: TokenRequester,
  { audience }: TokenWish,
  subject: RuleSubject | undefined,
): string {
  const who = client === undefined ? (workload?.id.uri ?? 'nobody') : `client ${client.id}`;
  const about =
    subject === undefined
      ? ''
      : ` on behalf of a token of ${subject.issuer} for ${JSON.stringify(subject.audience)}${subject.isBoundElsewhere ? ', bound to another certificate' : ''}`;
  return `no rule gives ${who} the audience ${JSON.stringify(audience)}${about}`;
}

function flawOf({ audience, scopes }: TokenWish): string | undefined {
  if (!AUDIENCE.test(audience)) return 'audience: 1 to 255 characters of visible ASCII';
  if (scopes.length > SCOPES_MOST) return `scopes: ${scopes.length} of them, at most ${SCOPES_MOST}`;
  if (!scopes.every((scope) => SCOPE.test(scope))) return 'scopes: 1 to 128 characters each (RFC 6749 section 3.3)';
  return undefined;
}
