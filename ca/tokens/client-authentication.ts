/**
 * Who asks the token service, by exactly one way of proof. Whatever proves the client, the workload of this connection is demanded
 * too, and the client must be meant to be used from there; only a client that is registered for DPoP may come without one.
 * Unknown client and wrong secret are refused alike. Spec: RFC 6749 section 2.3, RFC 8705 section 2.1, RFC 7523.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { Secret } from '../../core/identity/secret.ts';
import { wholeSeconds, type EpochMilliseconds } from '../../core/time/units.ts';
import type { ClientMethod, ClientRecord } from '../journal/record.ts';
import { CLIENT_ID } from '../policy/order-fields.ts';
import type { ApiKeyDesk } from './api-key.ts';
import type { AssertionDesk } from './assertion.ts';
import { checkPlace } from './client-place.ts';
import type { ClientSecretDesk } from './client-secret.ts';
import { decode, type Form } from './form.ts';
import type { Registry } from './registry.ts';
import type { RequestingWorkload, TokenRequester } from './requester.ts';

/** What of a request says who asks. */
export interface Presented {
  readonly form: Form;
  /** Values of `Authorization`, as they came. */
  readonly authorization: readonly string[];
  /** Values of `X-API-Key`, as they came. */
  readonly apiKey: readonly string[];
  /** By the certificate of this connection. */
  readonly workload: RequestingWorkload | undefined;
  /** Of the TCP peer. */
  readonly address: string;
  readonly now: EpochMilliseconds;
}

export interface AuthenticationDeps {
  readonly registry: Pick<Registry, 'findClient'>;
  readonly secrets: Pick<ClientSecretDesk, 'check'>;
  readonly apiKeys: ApiKeyDesk;
  readonly assertions: AssertionDesk;
}

export type AuthenticationMethod = 'tls' | 'secret' | 'private_key_jwt' | 'api_key';

export interface Authenticated {
  readonly requester: Omit<TokenRequester, 'jkt'>;
  readonly method: AuthenticationMethod;
}

/** Refuses: GRANT_TOKEN_REQUEST (two ways of proof, or one that is malformed) | GRANT_CLIENT | LIMIT_ISSUES | ISSUE_BUSY. */
export async function authenticateClient(
  presented: Presented,
  deps: AuthenticationDeps,
): Promise<Outcome<Authenticated>> {
  const ways = waysOf(presented);
  if (!ways.ok) return ways;
  const [way, ...more] = ways.value;
  if (more.length > 0) return bad('two ways of client authentication in one request: use one of them');
  if (way === undefined) return byCertificate(presented, deps);
  if (way.kind === 'api_key') return byApiKey(way.key, presented, deps);
  if (way.kind === 'secret') return bySecret(way, presented, deps);
  return byAssertion(way.assertion, presented, deps);
}

type Way =
  | { readonly kind: 'api_key'; readonly key: Secret }
  | { readonly kind: 'secret'; readonly id: string; readonly secret: Secret }
  | { readonly kind: 'private_key_jwt'; readonly assertion: string };

/** RFC 7523 section 2.2. */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

function waysOf({ form, authorization, apiKey }: Presented): Outcome<readonly Way[]> {
  const ways: Way[] = [];
  if (authorization.length > 1) return bad('several Authorization fields');
  if (apiKey.length > 1) return bad('several X-API-Key fields');
  for (const value of authorization) {
    const read = readAuthorization(value);
    if (!read.ok) return read;
    ways.push(read.value);
  }
  for (const value of apiKey) ways.push({ kind: 'api_key', key: new Secret(value) });
  const secret = form.get('client_secret');
  if (secret !== undefined) {
    const id = form.get('client_id');
    if (id === undefined) return bad('client_secret without client_id');
    ways.push({ kind: 'secret', id, secret: new Secret(secret) });
  }
  const assertion = form.get('client_assertion');
  const type = form.get('client_assertion_type');
  if ((assertion === undefined) !== (type === undefined))
    return bad('client_assertion and client_assertion_type come together');
  if (type !== undefined && type !== JWT_BEARER) return bad(`client_assertion_type must be ${JWT_BEARER}`);
  if (assertion !== undefined) ways.push({ kind: 'private_key_jwt', assertion });
  return admit(ways);
}

function readAuthorization(value: string): Outcome<Way> {
  const [scheme = '', credential = '', ...more] = value.split(' ');
  if (more.length > 0 || credential === '') return bad('Authorization is not one scheme, one space and one credential');
  if (scheme.toLowerCase() === 'bearer') return admit({ kind: 'api_key', key: new Secret(credential) });
  if (scheme.toLowerCase() !== 'basic') return bad('Authorization takes Basic (id and secret) or Bearer (an API key)');
  const bytes = Buffer.from(credential, 'base64');
  const text = bytes.toString('base64') === credential ? bytes.toString('utf8') : '';
  const at = text.indexOf(':');
  // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
  const id = at === -1 ? undefined : decode(text.slice(0, at));
  const secret = at === -1 ? undefined : decode(text.slice(at + 1));
  if (id === undefined || secret === undefined) return bad('Basic takes base64 of id and secret, each form-encoded');
  return admit({ kind: 'secret', id, secret: new Secret(secret) });
}

/** RFC 8705 section 2.1: the SAN URI is the client id, or one of the workloads that a client may be used from. */
function byCertificate({ form, workload }: Presented, { registry }: AuthenticationDeps): Outcome<Authenticated> {
  if (workload === undefined)
    return refuse('GRANT_CLIENT', 'no client authentication, and no client certificate that is trusted');
  const id = form.get('client_id');
  const own = { workload, client: undefined, apiKey: undefined };
  if (id === undefined || id === workload.id.uri) return admit({ requester: own, method: 'tls' });
  const client = registry.findClient(id);
  const sound = client === undefined ? unknownClient(id) : checkUse(client, 'tls', workload);
  return sound.ok ? admit({ requester: { ...own, client }, method: 'tls' }) : sound;
}

function byApiKey(
  key: Secret,
  { form, workload, address, now }: Presented,
  { apiKeys }: AuthenticationDeps,
): Outcome<Authenticated> {
  const found = apiKeys.admit(key, { workload: workload?.id, address, now });
  if (!found.ok) return found;
  const { client, apiKey } = found.value;
  const named = checkName(form, client);
  return named.ok ? admit({ requester: { workload, client, apiKey }, method: 'api_key' }) : named;
}

async function bySecret(
  { id, secret }: { readonly id: string; readonly secret: Secret },
  { form, workload, now }: Presented,
  { registry, secrets }: AuthenticationDeps,
): Promise<Outcome<Authenticated>> {
  const client = registry.findClient(id);
  const lane = workload === undefined ? 'none' : 'certificate';
  const right = await secrets.check(client, { secret, lane }, wholeSeconds(now));
  if (!right.ok) return right;
  if (client === undefined) return unknownClient(id);
  const sound = checkUse(client, 'secret', workload);
  if (!sound.ok) return sound;
  const named = checkName(form, client);
  return named.ok ? admit({ requester: { workload, client, apiKey: undefined }, method: 'secret' }) : named;
}

async function byAssertion(
  assertion: string,
  { form, workload, now }: Presented,
  { assertions }: AuthenticationDeps,
): Promise<Outcome<Authenticated>> {
  const found = await assertions.verify(assertion, wholeSeconds(now));
  if (!found.ok) return found;
  const { client } = found.value;
  const sound = checkUse(client, 'private_key_jwt', workload);
  if (!sound.ok) return sound;
  const named = checkName(form, client);
  if (!named.ok) return named;
  // Last, so that a request that fails burns nothing.
  const once = found.value.spend();
  return once.ok ? admit({ requester: { workload, client, apiKey: undefined }, method: 'private_key_jwt' }) : once;
}

function checkUse(client: ClientRecord, method: ClientMethod, workload: RequestingWorkload | undefined): Outcome<void> {
  if (!client.methods.includes(method))
    return refuse('GRANT_CLIENT', `client ${client.id} is not registered for ${method}`);
  return checkPlace(client, workload?.id);
}

/** RFC 6749 section 3.2.1: a `client_id` beside another proof must be the same client. */
function checkName(form: Form, client: ClientRecord): Outcome<void> {
  const id = form.get('client_id');
  return id === undefined || id === client.id
    ? admit(undefined)
    : refuse('GRANT_CLIENT', `client_id is not ${client.id}, which authenticated`);
}

/** Logs name what can be an id: anything else may be a credential in the wrong place. */
const unknownClient = (id: string): Outcome<never> =>
  refuse('GRANT_CLIENT', `unknown client${CLIENT_ID.grammar.test(id) ? ` ${id}` : ''}, or a disabled one`);

const bad = (detail: string): Outcome<never> => refuse('GRANT_TOKEN_REQUEST', detail);
