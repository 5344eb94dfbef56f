/**
 * Asks the token service of our CA over mutual TLS: as one generation, whose certificate the token will be bound to, and
 * only after the server has proved to be the CA. Makes of the answer what the token cache judges.
 * Spec: RFC 6749 section 4.4, RFC 8693 section 2, RFC 8705 section 2.
 */
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { epochSeconds, milliseconds } from '../../core/time/units.ts';
import { parseCompactJws, parseJsonObject } from '../../core/token/jws.ts';
import type { TokenAnswer } from '../../core/token/token-answer.ts';
import { encodePem } from '../../core/x509/pem.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import { type EndpointTls, requestToken } from '../../runtime/token-endpoint.ts';
import type { Snapshot } from '../credentials/snapshot.ts';
import { checkCaServer } from '../identity/ca-server.ts';
import { clientTlsOptions } from '../tls/options.ts';
import type { SubjectType } from './token-plan.ts';

/** By what right. */
export interface GrantRequest {
  readonly token: MintRequest;
  /** Secret. The API key that authenticates the client; undefined: the certificate does. */
  readonly apiKey: string | undefined;
  /** What is exchanged; undefined: client_credentials. */
  readonly subject?: { readonly text: string; readonly type: SubjectType } | undefined;
}

export interface TokenService {
  /** Never rejects. Refuses: RENEW_REFUSED (the detail is the error of the CA) | RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_ANSWER. */
  ask(snapshot: Snapshot, request: GrantRequest): Promise<Outcome<MintedToken>>;
}

export interface TokenServiceDeps {
  readonly url: string;
  readonly clock: Clock;
}

/** Opens nothing yet; each request has a connection of its own. */
export function createTokenService({ url, clock }: TokenServiceDeps): TokenService {
  return {
    async ask(snapshot, request) {
      const answer = await requestToken({
        url,
        form: formOf(snapshot, request),
        authorization: request.apiKey === undefined ? undefined : `Bearer ${request.apiKey}`,
        tls: tlsOf(snapshot, clock),
        timeout: TIMEOUT,
      });
      return answer.ok ? mintedOf(answer.value, request) : answer;
    },
  };
}

const TIMEOUT = milliseconds(10_000);
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

function tlsOf(snapshot: Snapshot, clock: Clock): EndpointTls {
  const { key, cert } = clientTlsOptions(snapshot);
  const ca = snapshot.roots.map((der) => encodePem('CERTIFICATE', der));
  return { trust: { ca, checkServerIdentity: checkCaServer(snapshot, clock) }, identity: { key, cert } };
}

function formOf({ id }: Snapshot, { token, apiKey, subject }: GrantRequest) {
  return {
    grant_type: subject === undefined ? 'client_credentials' : EXCHANGE,
    // Only where the certificate authenticates: two ways at once are refused (RFC 6749 section 2.3).
    client_id: apiKey === undefined ? id.uri : undefined,
    audience: token.audience,
    scope: token.scopes.length === 0 ? undefined : token.scopes.join(' '),
    subject_token: subject?.text,
    subject_token_type: subject === undefined ? undefined : TOKEN_TYPE + subject.type,
    requested_token_type: subject === undefined ? undefined : `${TOKEN_TYPE}access_token`,
  };
}

function mintedOf(answer: TokenAnswer, { token: asked, subject }: GrantRequest): Outcome<MintedToken> {
  const { accessToken, issuedTokenType, scope } = answer;
  if (subject !== undefined && issuedTokenType !== `${TOKEN_TYPE}access_token`)
    return refuse('RENEW_ANSWER', 'what was issued is no access token');
  const jws = parseCompactJws(accessToken);
  const claims = jws.ok ? parseJsonObject(jws.value.payload, 'claims') : jws;
  if (!claims.ok) return claims;
  const { exp } = claims.value;
  // The cache goes by `exp`, as whoever receives the token does; `expires_in` was counted from another moment.
  if (typeof exp !== 'number' || !Number.isSafeInteger(exp)) return refuse('TOKEN_CLAIMS', 'exp is no whole number');
  const scopes = scope === undefined ? asked.scopes : scope.split(' ').filter((one) => one !== '');
  return admit({ token: accessToken, expiresAt: epochSeconds(exp), scopes });
}
