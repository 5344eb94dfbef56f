/**
 * Token exchange: subject, actor, `may_act`, target, scope, token, in this order. What comes out is bound to whoever asks, never
 * wider than what came in, and says who acts for whom. A token that is bound to another workload's certificate is taken for
 * stolen, unless a rule says that the caller is its audience and may carry it on.
 * Spec: RFC 8693.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { MintedToken } from '../../runtime/grpc/messages.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { RevocationSource } from '../trust/revocations.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import type { TokenDesk } from './desk.ts';
import { currentActor } from './mint.ts';
import type { Registry } from './registry.ts';
import type { TokenRequester } from './requester.ts';
import { isPairNamed, type TokenRule } from './rules.ts';
import { checkLive, isBoundElsewhere, isOwn, proveSubject, type SubjectDeps } from './subject.ts';
import { type SubjectIssuers, type SubjectType, type VerifiedSubject, verifySubject } from './verify-subject.ts';

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
  readonly rules: readonly TokenRule[];
  readonly registry: Pick<Registry, 'hasClient'>;
  readonly revocations: Pick<RevocationSource, 'current'>;
  /** The `iss` of our tokens. */
  readonly issuer: string;
  readonly audit: Audit;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
}

const TYPE = 'urn:ietf:params:oauth:token-type:';
/** RFC 8693 section 3. */
const SUBJECT_TYPES: ReadonlyMap<string, SubjectType> = new Map(
  (['access_token', 'jwt', 'id_token'] as const).map((type) => [`${TYPE}${type}`, type]),
);
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
      const types = readTypes(request);
      if (!types.ok) return types;
      const scene: Scene = { requester, deps, terms: { ...deps, revocations: deps.revocations.current(), now } };
      const verified = await verifyLive(request.subjectToken, types.value.subject, scene);
      if (!verified.ok) return verified;
      const { token } = verified.value;
      const bound = isBoundElsewhere(token, requester, scene.terms);
      if (!bound.ok) return bound;
      // Before what is asked for it: a thief is found out whatever he wants.
      if (bound.value && !isPairNamed(deps.rules, requester, token)) {
        stolen.add();
        return raise(token, requester, deps);
      }
      const actor = await checkActor(request.actorToken, types.value.actor, scene);
      if (!actor.ok) return actor;
      const subject = proveSubject({ ...verified.value, requester, isBoundElsewhere: bound.value }, deps);
      if (!subject.ok) return subject;
      const { audience, scopes } = request;
      return deps.desk.mint(requester, { audience, scopes, ttl: undefined, subject: subject.value }, now);
    },
  };
}

interface Scene {
  readonly requester: TokenRequester;
  readonly deps: ExchangeDeps;
  readonly terms: SubjectDeps;
}

/** A token that its issuer vouches for, and that nobody has ended. */
async function verifyLive(
  text: string,
  type: SubjectType,
  { requester, deps, terms }: Scene,
): Promise<Outcome<VerifiedSubject>> {
  const { issuers } = deps;
  const verified = await verifySubject(text, { issuers, type, asker: currentActor(requester), now: terms.now });
  if (!verified.ok) return verified;
  const live = checkLive(verified.value.token, terms);
  return live.ok ? verified : live;
}

interface Types {
  readonly subject: SubjectType;
  /** Of the actor token, where there is one. */
  readonly actor: SubjectType;
}

function readTypes(request: ExchangeRequest): Outcome<Types> {
  const { subjectTokenType, actorToken, actorTokenType, requestedTokenType } = request;
  const subject = SUBJECT_TYPES.get(subjectTokenType);
  if (subject === undefined) return unknownType('subject_token_type');
  if ((actorToken === undefined) !== (actorTokenType === undefined))
    return refuse('GRANT_TOKEN_REQUEST', 'actor_token and actor_token_type come together or not at all');
  const actor = SUBJECT_TYPES.get(actorTokenType ?? ISSUED_TYPE);
  if (actor === undefined) return unknownType('actor_token_type');
  if (requestedTokenType === undefined || requestedTokenType === ISSUED_TYPE) return admit({ subject, actor });
  return refuse('GRANT_TOKEN_REQUEST', `requested_token_type: only ${ISSUED_TYPE}`);
}

/** What was sent is not repeated: it may be the token itself, under the wrong name. */
const unknownType = (name: string): Outcome<never> =>
  refuse('GRANT_TOKEN_REQUEST', `${name}: one of ${[...SUBJECT_TYPES.keys()].join(', ')}`);

/** Who acts is whoever asks. A token that says so too must be one of ours, and his. */
async function checkActor(text: string | undefined, type: SubjectType, scene: Scene): Promise<Outcome<void>> {
  if (text === undefined) return admit(undefined);
  const verified = await verifyLive(text, type, scene);
  if (!verified.ok) return verified;
  const { token } = verified.value;
  const { requester, terms } = scene;
  if (!isOwn(token)) return refuse('GRANT_SUBJECT', 'an actor_token of another issuer');
  if (token.subject !== (requester.client?.id ?? requester.workload?.id.uri))
    return refuse('GRANT_SUBJECT', 'the actor_token names somebody else than who asks');
  const bound = isBoundElsewhere(token, requester, terms);
  if (!bound.ok) return bound;
  return bound.value ? refuse('GRANT_SUBJECT', 'the actor_token is bound to another certificate') : admit(undefined);
}

/** The refusal of a stolen token, told to whoever watches. */
function raise(
  token: VerifiedToken,
  { workload, client }: TokenRequester,
  { audit, log }: ExchangeDeps,
): Outcome<never> {
  const facts = {
    subjectToken: token.label,
    subject: token.subject,
    subjectIssuer: token.issuer,
    presenter: workload?.id.uri,
    serial: workload?.leaf.serial,
    client: client?.id,
  };
  log.warn('a subject token is bound to another certificate', facts);
  const told = audit.record('stolen-subject-token', facts);
  return told.ok
    ? refuse('GRANT_SUBJECT', `token ${token.label} is bound to another certificate, and no rule names its audience`)
    : told;
}
