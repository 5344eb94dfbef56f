/**
 * Token exchange: subject, actor, `may_act`, target, scope, token, in this order. What comes out is bound to whoever asks, never
 * wider than what came in, and says who acts for whom. A token that is bound to another workload's certificate is taken for
 * stolen, unless a rule says that the caller is its audience and may carry it on.
 * Spec: RFC 8693.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { MintedToken } from '../../runtime/grpc/messages.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { RevocationSource } from '../trust/revocations.ts';
import type { ProvenSubject, TokenDesk } from './desk.ts';
import type { Registry } from './registry.ts';
import type { TokenRequester } from './requester.ts';
import { checkLive, isBoundElsewhere, isOwn, proveSubject, type SubjectDeps } from './subject.ts';
import { type SubjectIssuers, verifySubject } from './verify-subject.ts';

export interface ExchangeRequest {
  /** Secret. */
  readonly subjectToken: string;
  readonly subjectTokenType: string;
  /** Secret. Undefined without an actor token. */
  readonly actorToken: string | undefined;
  readonly actorTokenType: string | undefined;
  readonly requestedTokenType: string | undefined;
  readonly audience: string;
  readonly scopes: readonly string[];
}

export interface ExchangeDesk {
  /** Refuses: GRANT_TOKEN_REQUEST | GRANT_SUBJECT | TOKEN_KEYS_UNAVAILABLE, and as `TokenDesk.mint`. */
  exchange(requester: TokenRequester, request: ExchangeRequest, now: EpochSeconds): Promise<Outcome<MintedToken>>;
}

export interface ExchangeDeps {
  readonly desk: TokenDesk;
  readonly issuers: SubjectIssuers;
  readonly trustDomain: TrustDomain;
  readonly registry: Pick<Registry, 'hasClient'>;
  readonly revocations: Pick<RevocationSource, 'current'>;
  /** The `iss` of our tokens. */
  readonly issuer: string;
  readonly audit: Audit;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
}

const TYPE = 'urn:ietf:params:oauth:token-type:';
/** RFC 8693 section 3. An ID token says who logged in, not what may be done: it is none of them. */
const SUBJECT_TYPES = [`${TYPE}access_token`, `${TYPE}jwt`];
/** The one kind of token that is given out. */
export const ISSUED_TYPE = `${TYPE}access_token`;

/** A desk that raises an alarm for a stolen subject token. */
export function createExchangeDesk(deps: ExchangeDeps): ExchangeDesk {
  const stolen = deps.metrics.counter(
    'cleat_ca_stolen_subject_tokens_total',
    'Subject tokens that were bound to a certificate which the caller did not show, and that no rule lets him carry on.',
  );
  return {
    async exchange(requester, request, now) {
      const types = checkTypes(request);
      if (!types.ok) return types;
      const revocations = deps.revocations.current();
      const terms: SubjectDeps = { ...deps, revocations, now };
      const subject = await proveSubject(request.subjectToken, requester, terms);
      if (!subject.ok) return subject;
      const actor = await checkActor(request.actorToken, requester, terms);
      if (!actor.ok) return actor;
      const { audience, scopes } = request;
      const minted = deps.desk.mint(requester, { audience, scopes, ttl: undefined, subject: subject.value }, now);
      if (!minted.ok && minted.refusal.code === 'GRANT_TOKEN_RULE' && subject.value.rule.isBoundElsewhere) {
        stolen.add();
        return raise(subject.value, requester, deps);
      }
      return minted;
    },
  };
}

function checkTypes(request: ExchangeRequest): Outcome<void> {
  const { subjectTokenType, actorToken, actorTokenType, requestedTokenType } = request;
  if (!SUBJECT_TYPES.includes(subjectTokenType)) return unknownType('subject_token_type');
  if ((actorToken === undefined) !== (actorTokenType === undefined))
    return refuse('GRANT_TOKEN_REQUEST', 'actor_token and actor_token_type come together or not at all');
  if (actorTokenType !== undefined && !SUBJECT_TYPES.includes(actorTokenType)) return unknownType('actor_token_type');
  if (requestedTokenType === undefined || requestedTokenType === ISSUED_TYPE) return admit(undefined);
  return refuse('GRANT_TOKEN_REQUEST', `requested_token_type: only ${ISSUED_TYPE}`);
}

/** What was sent is not repeated: it may be the token itself, under the wrong name. */
const unknownType = (name: string): Outcome<never> =>
  refuse('GRANT_TOKEN_REQUEST', `${name}: one of ${SUBJECT_TYPES.join(', ')}`);

/** Who acts is whoever asks. A token that says so too must be one of ours, and his. */
async function checkActor(
  text: string | undefined,
  requester: TokenRequester,
  terms: SubjectDeps,
): Promise<Outcome<void>> {
  if (text === undefined) return admit(undefined);
  const verified = await verifySubject(text, terms.issuers, terms.now);
  if (!verified.ok) return verified;
  const { token } = verified.value;
  if (!isOwn(token)) return refuse('GRANT_SUBJECT', 'an actor_token of another issuer');
  const live = checkLive(token, terms);
  if (!live.ok) return live;
  if (token.subject !== (requester.client?.id ?? requester.workload?.id.uri))
    return refuse('GRANT_SUBJECT', 'the actor_token names somebody else than who asks');
  const bound = isBoundElsewhere(token, requester, terms);
  if (!bound.ok) return bound;
  return bound.value ? refuse('GRANT_SUBJECT', 'the actor_token is bound to another certificate') : admit(undefined);
}

/** The refusal of a stolen token, told to whoever watches. */
function raise(
  subject: ProvenSubject,
  { workload, client }: TokenRequester,
  { audit, log }: ExchangeDeps,
): Outcome<never> {
  const facts = {
    subjectToken: subject.label,
    subject: subject.mint.subject,
    subjectIssuer: subject.rule.issuer,
    presenter: workload?.id.uri,
    serial: workload?.leaf.serial,
    client: client?.id,
  };
  log.warn('a subject token is bound to another certificate', facts);
  const told = audit.record('stolen-subject-token', facts);
  return told.ok
    ? refuse('GRANT_SUBJECT', `token ${subject.label} is bound to another certificate, and no rule names its audience`)
    : told;
}
