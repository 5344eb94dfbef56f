/**
 * The one place where fields that say who the caller is are taken away and set. What came in under such a name is gone,
 * whatever it said; what the app reads there is ours. No other file writes these names.
 *
 * The rule for `X-Forwarded-*` and `Forwarded`: the client's are dropped, since nothing vouches for them, and only
 * `X-Forwarded-Proto: https` is set. `traceparent`, `tracestate`, WIMSE and transaction-token fields go through untouched.
 * Spec: RFC 9440 section 2, RFC 9651 section 3.3.5 (byte sequence), Envoy's grammar of `X-Forwarded-Client-Cert`.
 */
import { Fault } from '../../core/fault/fault.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import { isAll, VALUE } from '../http/bytes.ts';
import { factsOf, type NameFacts } from '../http/protected-names.ts';
import type { Field, RequestHead } from '../http/request.ts';
import type { Permit } from '../policy/permit.ts';
import { writeRequestHead } from './head-writer.ts';

/** What of the request's handling reaches the app. */
export interface AppHead {
  /** From `identityBlock`, made once a connection. */
  readonly block: string;
  /** 32 hex digits. */
  readonly requestId: string;
  /** True: the `Authorization` field goes on to the app. */
  readonly forwardToken: boolean;
  /** True: the app gets the claims of the token, where there is one. */
  readonly claims?: boolean | undefined;
}

/** The lines that are the same for each request of a connection. `own` is who we are, `peer` who called.
 *  All values are of our making: a parsed SPIFFE ID, hex and base64 cannot end a line. Cost: once a connection. */
export function identityBlock(own: SpiffeId, peer: Peer): string {
  const hash = peer.thumbprint.toString('hex');
  return (
    `X-Forwarded-Client-Cert: By=${own.uri};Hash=${hash};Subject="";URI=${peer.id.uri}\r\n` +
    `Client-Cert: :${peer.der.toString('base64')}:\r\n` +
    `Cleat-Caller: ${peer.id.uri}\r\n` +
    'X-Forwarded-Proto: https\r\n'
  );
}

/** The complete head for the app: the client's fields without those that only we may set, then ours.
 *  It takes the permit, so no head can be written for a request that policy did not admit. */
export function headForApp(permit: Permit, head: RequestHead, app: AppHead): string {
  const { method, target, host, fields, framing, upgrade } = head;
  const passes = app.forwardToken ? passesWithToken : passesToApp;
  const own = `Cleat-Binding: ${permit.caller.binding}\r\nCleat-Request-Id: ${app.requestId}\r\n`;
  return writeRequestHead(
    { method, target, host, fields, framing, upgrade, passes },
    `${app.block}${own}${askedFor(permit, app)}`,
  );
}

/** The head of a request whose sender nobody knows: as for all others, and no field says who called. */
export function headForPlain(
  head: RequestHead,
  { requestId, forwardToken }: Pick<AppHead, 'requestId' | 'forwardToken'>,
): string {
  const { method, target, host, fields, framing, upgrade } = head;
  const passes = forwardToken ? passesWithToken : passesToApp;
  const own = `X-Forwarded-Proto: http\r\nCleat-Request-Id: ${requestId}\r\n`;
  return writeRequestHead({ method, target, host, fields, framing, upgrade, passes }, own);
}

/** What a route asks for besides. Base64 cannot end a line either. */
function askedFor({ caller: { token } }: Permit, { claims }: AppHead): string {
  if (claims !== true || token === undefined) return '';
  return `Cleat-Claims: ${Buffer.from(JSON.stringify(token.claims)).toString('base64url')}\r\n`;
}

/** The head for a mesh peer: no field of the app says who it is, and `token` stands in the place of any credential that it
 *  sent: `Authorization`, a key in `X-API-Key`, a proof in `DPoP`. Without one the app's own go out. */
export function headForUpstream(head: RequestHead, token: string | undefined): string {
  const { method, target, host, fields, framing, upgrade } = head;
  const passes = token === undefined ? isNoIdentity : isNoIdentityNorCredential;
  const ours = token === undefined ? '' : `Authorization: Bearer ${demandToken(token)}\r\n`;
  return writeRequestHead({ method, target, host, fields, framing, upgrade, passes }, ours);
}

/** Who receives our token would take a proof beside it for a second credential, and refuse a key of the CA. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'dpop']);

const factsOfField = (field: Field): NameFacts => field.facts ?? factsOf(field.name);

const isNoIdentity = (field: Field): boolean => factsOfField(field).protection !== 'identity';

const isNoIdentityNorCredential = (field: Field): boolean => !CREDENTIALS.has(field.lower) && isNoIdentity(field);

const passesToApp = (field: Field): boolean => field.lower !== 'authorization' && passesWithToken(field);

function passesWithToken(field: Field): boolean {
  // A proof was used here, once: whoever judges it behind us would have to refuse it as a replay.
  if (field.lower === 'dpop') return false;
  const { protection, isForwarded } = factsOfField(field);
  return protection !== 'identity' && !isForwarded;
}

function demandToken(token: string): string {
  if (!isAll(token, VALUE)) throw new Fault('BUG_UNEXPECTED', 'a token that could break a line');
  return token;
}
