/** Checks what an administrator registers a client as. Pure: makes no secret, and knows no other client. */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import { isJsonObject, parseStrictObject, type JsonObject } from '../../core/token/json.ts';
import { parseKeySet } from '../../core/token/key-set.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { ClientMethod, ClientRecord } from '../journal/record.ts';
import {
  audiencesOf,
  CLIENT_ID,
  invalid,
  listOf,
  patternsOf,
  readOrder,
  scopesOf,
  textOf,
  type RawOrder,
} from './order-fields.ts';

const METHODS: readonly ClientMethod[] = ['secret', 'private_key_jwt', 'api_key', 'tls'];
const NAMES = ['id', 'methods', 'spiffe', 'audiences', 'scopes', 'dpopBound', 'jwks'];
/** Bytes of a client's JWK Set, as it is told. */
const JWKS_MOST = 32 * 1024;
/** Members of a JWK that only its owner may have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The record, without a secret, from the JSON `{id, methods, spiffe?, audiences, scopes?, dpopBound?, jwks?}`: `jwks` is the
 *  text of a JWK Set. A client that is not bound by DPoP must name the workloads that it may be used from: without them
 *  its secret would be worth something anywhere. Refuses: CONFIG_INVALID. */
export function checkClientOrder(body: unknown, now: EpochSeconds): Outcome<ClientRecord> {
  const order = readOrder(body, NAMES);
  if (!order.ok) return order;
  const raw = order.value;
  const id = textOf(raw, 'id', CLIENT_ID);
  if (!id.ok) return id;
  const methods = methodsOf(raw);
  if (!methods.ok) return methods;
  const audiences = audiencesOf(raw);
  if (!audiences.ok) return audiences;
  if (audiences.value.length === 0) return invalid('audiences: at least one');
  const scopes = scopesOf(raw);
  if (!scopes.ok) return scopes;
  const place = placeOf(raw, methods.value);
  if (!place.ok) return place;
  const jwks = keysOf(raw, methods.value);
  if (!jwks.ok) return jwks;
  return admit({
    id: id.value,
    methods: methods.value,
    ...place.value,
    audiences: audiences.value,
    scopes: scopes.value,
    jwks: jwks.value,
    secrets: undefined,
    createdAt: now,
    disabledAt: undefined,
  });
}

/** The JWK Set of a client: public keys alone, and none that could never verify anything. Refuses: CONFIG_INVALID. */
export function checkClientKeys(text: unknown): Outcome<JsonObject> {
  if (typeof text !== 'string' || Buffer.byteLength(text) > JWKS_MOST)
    return invalid(`jwks: the text of a JWK Set of at most ${JWKS_MOST} bytes`);
  const bytes = Buffer.from(text, 'utf8');
  const document = parseStrictObject(bytes);
  if (!document.ok) return invalid(`jwks: ${document.refusal.detail}`);
  const entries = document.value['keys'];
  const members = Array.isArray(entries) ? entries.flatMap((key) => (isJsonObject(key) ? Object.keys(key) : [])) : [];
  if (members.some((member) => PRIVATE_MEMBERS.includes(member)))
    return invalid(
      'jwks: public keys; this one holds a private or secret key, which is now to be thought known to others',
    );
  const keys = parseKeySet(bytes);
  if (!keys.ok) return invalid(`jwks: ${keys.refusal.detail}`);
  const [skipped] = keys.value.skipped;
  return skipped === undefined ? admit(document.value) : invalid(`jwks: ${skipped}`);
}

function methodsOf(raw: RawOrder): Outcome<readonly ClientMethod[]> {
  const found = listOf(raw, 'methods', (item) => METHODS.some((method) => method === item));
  if (!found.ok || found.value.length === 0) return invalid(`methods: one or more of ${METHODS.join(', ')}`);
  return admit(METHODS.filter((method) => found.value.includes(method)));
}

function placeOf(raw: RawOrder, methods: readonly ClientMethod[]): Outcome<Pick<ClientRecord, 'spiffe' | 'dpopBound'>> {
  const spiffe = patternsOf(raw, 'spiffe');
  if (!spiffe.ok) return spiffe;
  const dpopBound = raw['dpopBound'] ?? false;
  if (typeof dpopBound !== 'boolean') return invalid('dpopBound: true or false');
  if (spiffe.value.length === 0 && !dpopBound)
    return invalid('spiffe: the workloads that it may be used from, as long as it is not dpopBound');
  if (spiffe.value.length === 0 && methods.includes('tls'))
    return invalid('spiffe: the workloads whose certificate is its method tls');
  return admit({ spiffe: spiffe.value, dpopBound });
}

function keysOf(raw: RawOrder, methods: readonly ClientMethod[]): Outcome<JsonObject | undefined> {
  const isWanted = methods.includes('private_key_jwt');
  if (isWanted !== (raw['jwks'] !== undefined)) return invalid('jwks together with private_key_jwt, and only there');
  return isWanted ? checkClientKeys(raw['jwks']) : admit(undefined);
}
