/**
 * Introspection and revocation of our own tokens, for clients that authenticated. A stranger learns nothing: neither whether a
 * token is one, nor whose. Spec: RFC 7662 section 2, RFC 8705 section 3.2, RFC 7009 section 2.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { wholeSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Journal } from '../journal/journal.ts';
import type { RevocationSource } from '../trust/revocations.ts';
import { type OAuthAnswer, success } from './oauth-answer.ts';
import type { OAuthRequest } from './oauth-request.ts';
import type { TokenRequester } from './requester.ts';
import { isFor, type RuleFor } from './rules.ts';
import { isOwn } from './subject.ts';
import { type SubjectIssuers, verifySubject } from './verify-subject.ts';

/** Who serves an audience, and may ask about its tokens. */
export interface AudienceOwner {
  readonly for: RuleFor;
  readonly audience: string;
}

export interface IntrospectionDeps {
  readonly issuers: SubjectIssuers;
  readonly issuer: string;
  readonly owners: readonly AudienceOwner[];
  readonly revocations: Pick<RevocationSource, 'current' | 'reload'>;
  readonly journal: Pick<Journal, 'addRevocation'>;
  readonly audit: Audit;
}

const INACTIVE = { active: false };

/** 200 with what the token says, to whoever serves its audience or was given it; `{"active": false}` to everyone else, and for
 *  what is no live token of ours. Refuses: GRANT_TOKEN_REQUEST, and as the authentication does. */
export async function answerIntrospection(
  request: OAuthRequest,
  deps: IntrospectionDeps,
): Promise<Outcome<OAuthAnswer>> {
  const asked = await ask(request, deps);
  if (!asked.ok) return asked;
  const { token, requester } = asked.value;
  if (token === undefined || !mayAsk(token, requester, deps.owners)) return admit(success(INACTIVE));
  const { claims, expiresAt, issuedAt, iss, audience, jti, scopes, subject, clientId } = token;
  const jkt = typeof claims['cnf'] === 'object' && claims['cnf'] !== null && 'jkt' in claims['cnf'];
  return admit(
    success({
      active: true,
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      client_id: clientId,
      token_type: jkt ? 'DPoP' : 'Bearer',
      exp: expiresAt,
      iat: issuedAt,
      sub: subject,
      ...(claims['sub_iss'] === undefined ? {} : { sub_iss: claims['sub_iss'] }),
      aud: audience,
      iss,
      jti,
      cnf: claims['cnf'],
      ...(claims['act'] === undefined ? {} : { act: claims['act'] }),
    }),
  );
}

/** 200 once every open stream has been told, also for what is no live token of the client. Refuses: GRANT_TOKEN_REQUEST |
 *  LIMIT_REVOCATIONS | ISSUE_AUDIT, as the authentication does, and as the journal does. */
export async function answerRevocation(request: OAuthRequest, deps: IntrospectionDeps): Promise<Outcome<OAuthAnswer>> {
  const asked = await ask(request, deps);
  if (!asked.ok) return asked;
  const { token, requester } = asked.value;
  if (token?.jti === undefined || token.clientId === undefined || token.clientId !== nameOf(requester))
    return admit(success(undefined));
  const { jti, expiresAt, clientId } = token;
  const added = await deps.journal.addRevocation({
    target: { kind: 'jti', issuer: deps.issuer, value: jti },
    reason: 'cessationOfOperation',
    revokedAt: wholeSeconds(request.now),
    endsAt: sidecarsForget(expiresAt),
    fallbackEnd: sidecarsForget(expiresAt),
    byClient: clientId,
  });
  if (!added.ok) return added;
  // What was told already is not read again, however often a client asks.
  const isTold = added.value.generation <= deps.revocations.current().generation;
  const told = isTold ? admit(undefined) : await deps.revocations.reload();
  if (!told.ok) return told;
  const written = deps.audit.record('token-revoked', { jti, client: clientId });
  return written.ok ? admit(success(undefined)) : written;
}

/** A sidecar may take a token for as long past its `exp` as its `skew` says, a minute at most. */
const sidecarsForget = (expiresAt: EpochSeconds): EpochSeconds => (expiresAt + 60) as EpochSeconds;

interface Question {
  /** Undefined: no live token of ours. */
  readonly token: VerifiedToken | undefined;
  readonly requester: Omit<TokenRequester, 'jkt'>;
}

async function ask({ form, now, authenticate }: OAuthRequest, deps: IntrospectionDeps): Promise<Outcome<Question>> {
  // Before what the client shows is used up.
  const text = form.get('token');
  if (text === undefined) return refuse('GRANT_TOKEN_REQUEST', 'token is missing');
  const client = await authenticate();
  if (!client.ok) return client;
  const at = wholeSeconds(now);
  const verified = await verifySubject(text, {
    issuers: deps.issuers,
    type: 'access_token',
    asker: nameOf(client.value) ?? '',
    now: at,
  });
  const requester = client.value;
  if (!verified.ok || !isOwn(verified.value.token)) return admit({ token: undefined, requester });
  const { token } = verified.value;
  const revoked = deps.revocations.current().ofToken({ ...token, subject: token.subject }, at);
  return admit({ token: revoked === undefined ? token : undefined, requester });
}

function mayAsk(token: VerifiedToken, requester: Question['requester'], owners: readonly AudienceOwner[]): boolean {
  if (token.clientId === nameOf(requester)) return true;
  return owners.some((owner) => owner.audience === token.audience && isFor(owner.for, requester));
}

/** As the token service writes it into `client_id`. */
const nameOf = ({ client, workload }: Question['requester']): string | undefined => client?.id ?? workload?.id.uri;
