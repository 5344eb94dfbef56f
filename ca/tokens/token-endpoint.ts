/**
 * The token endpoint, in order: form, one credential, DPoP proof, client, grant, token. What is used up (proof, assertion) is used
 * up last. Decides no rights itself. Spec: RFC 6749 sections 3.2 and 4.4, RFC 8693, RFC 8707, RFC 9449 section 5.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { wholeSeconds, type EpochMilliseconds, type EpochSeconds } from '../../core/time/units.ts';
import type { MintedToken } from '../../runtime/grpc/messages.ts';
import type { TokenDesk } from './desk.ts';
import type { ProofDesk } from './dpop.ts';
import { type ExchangeDesk, ISSUED_TYPE } from './exchange.ts';
import type { Form } from './form.ts';
import { type OAuthAnswer, success } from './oauth-answer.ts';
import type { OAuthRequest } from './oauth-request.ts';
import type { TokenRequester } from './requester.ts';

export interface TokenEndpointDeps {
  readonly desk: TokenDesk;
  readonly exchange: ExchangeDesk;
  readonly proofs: ProofDesk;
}

export const GRANT_TYPES = ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'] as const;

/** The answer, for a client that authenticated. Refuses with what `oauth-answer.ts` has a row for. */
export async function answerToken(request: OAuthRequest, deps: TokenEndpointDeps): Promise<Outcome<OAuthAnswer>> {
  const { form, now } = request;
  const grant = form.get('grant_type');
  if (grant === undefined) return refuse('GRANT_TOKEN_REQUEST', `grant_type is missing: ${GRANT_TYPES.join(' or ')}`);
  const proof = await deps.proofs.prove(request.proof, wholeSeconds(now));
  if (!proof.ok) return proof;
  const client = await request.authenticate();
  if (!client.ok) return client;
  const requester: TokenRequester = { ...client.value, jkt: proof.value?.jkt };
  const bound = checkBinding(requester);
  if (!bound.ok) return bound;
  const minted = await byGrant(grant, { form, requester, now: wholeSeconds(now) }, deps);
  if (!minted.ok) return minted;
  const owner = requester.client?.id ?? requester.workload?.id.uri ?? 'nobody';
  const once =
    proof.value === undefined
      ? admit(undefined)
      : deps.proofs.spend({ proof: proof.value, client: owner }, wholeSeconds(now));
  if (!once.ok) return once;
  return admit(success(bodyOf(minted.value, { form, requester, now, isExchange: grant === GRANT_TYPES[1] })));
}

interface Asked {
  readonly form: Form;
  readonly requester: TokenRequester;
  readonly now: EpochSeconds;
}

async function byGrant(
  grant: string,
  asked: Asked,
  { desk, exchange }: TokenEndpointDeps,
): Promise<Outcome<MintedToken>> {
  const { form, requester, now } = asked;
  if (!GRANT_TYPES.some((known) => known === grant))
    return refuse('GRANT_TYPE', `only ${GRANT_TYPES.join(' and ')} are served`);
  const target = targetOf(form);
  if (!target.ok) return target;
  const scopes = form.get('scope')?.split(' ') ?? [];
  // RFC 6749 section 3.3: single spaces between them.
  if (scopes.includes('')) return refuse('GRANT_SCOPE', 'scope: values with single spaces between them');
  if (grant === GRANT_TYPES[0]) return desk.mint(requester, { audience: target.value, scopes, ttl: undefined }, now);
  const subjectToken = form.get('subject_token');
  const subjectTokenType = form.get('subject_token_type');
  if (subjectToken === undefined || subjectTokenType === undefined)
    return refuse('GRANT_TOKEN_REQUEST', 'an exchange takes subject_token and subject_token_type');
  return exchange.exchange(
    requester,
    {
      subjectToken,
      subjectTokenType,
      actorToken: form.get('actor_token'),
      actorTokenType: form.get('actor_token_type'),
      requestedTokenType: form.get('requested_token_type'),
      audience: target.value,
      scopes,
    },
    now,
  );
}

/** Exactly one, so that a token is good at one service. Refuses: GRANT_TOKEN_REQUEST | GRANT_TARGET. */
function targetOf(form: Form): Outcome<string> {
  const [audience, resource] = [form.get('audience'), form.get('resource')];
  if (audience !== undefined && resource !== undefined)
    return refuse('GRANT_TARGET', 'audience and resource in one request: a token is for one target');
  const target = audience ?? resource;
  if (target === undefined)
    return refuse('GRANT_TOKEN_REQUEST', 'audience is missing: the one service that the token is for');
  // RFC 8707 section 2.
  if (resource !== undefined && (!URL.canParse(resource) || resource.includes('#')))
    return refuse('GRANT_TARGET', 'resource is not an absolute URI without fragment');
  return admit(target);
}

/** There is no token without a binding; a client that is registered for DPoP always shows a proof (RFC 9449 section 5.2). */
function checkBinding({ workload, client, jkt }: TokenRequester): Outcome<void> {
  if (jkt === undefined && (workload === undefined || client?.dpopBound === true))
    return refuse('BINDING_PROOF_ABSENT', 'a client that is registered for DPoP, and no proof');
  return admit(undefined);
}

interface Told {
  readonly form: Form;
  readonly requester: TokenRequester;
  readonly now: EpochMilliseconds;
  readonly isExchange: boolean;
}

function bodyOf({ token, expiresAt, scopes }: MintedToken, { form, requester, now, isExchange }: Told): object {
  const scope = scopes.join(' ');
  return {
    access_token: token,
    // The client that shows no certificate can use it by DPoP alone, the other one by both.
    token_type: requester.jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: expiresAt - wholeSeconds(now),
    ...(scope === form.get('scope') || scope === '' ? {} : { scope }),
    ...(isExchange ? { issued_token_type: ISSUED_TYPE } : {}),
  };
}
