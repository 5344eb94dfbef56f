/** Checks what an administrator orders an API key as: never more than its client has, never without an end. Pure. */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import { parseNetworks } from '../../core/identity/network.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../core/time/units.ts';
import type { ApiKeyRecord, ClientRecord } from '../journal/record.ts';
import {
  audiencesOf,
  countOf,
  invalid,
  listOf,
  patternsOf,
  scopesOf,
  spanOf,
  textOf,
  WORDS,
  type RawOrder,
  type SpanTerms,
} from './order-fields.ts';

/** Beside `client`, which says whose key it is. */
export const API_KEY_MEMBERS = [
  'owner',
  'ttl',
  'audiences',
  'scopes',
  'spiffe',
  'networks',
  'perMinute',
  'perDay',
] as const;

/** How long an API key lives. */
export const API_KEY_TTL: SpanTerms = {
  fallback: seconds(30 * 86_400),
  least: seconds(60),
  most: seconds(90 * 86_400),
  allowed: 'a time from 1m to 90d',
};

const PER_MINUTE = { fallback: 60, most: 60_000 };
const PER_DAY = { fallback: 10_000, most: 100_000_000 };

export type ApiKeyTerms = Omit<ApiKeyRecord, 'id' | 'digest'>;

/** The terms, from the JSON `{client, owner, ttl?, audiences?, scopes?, spiffe?, networks?, perMinute?, perDay?}`; audiences
 *  and scopes that are not given are those of the client.
 *  Refuses: CONFIG_INVALID, also for more than the client has and for a client without the method `api_key`. */
export function checkApiKeyOrder(raw: RawOrder, client: ClientRecord, now: EpochSeconds): Outcome<ApiKeyTerms> {
  if (!client.methods.includes('api_key'))
    return invalid(`client: ${client.id} is not registered with the method api_key`);
  const owner = textOf(raw, 'owner', WORDS);
  if (!owner.ok) return owner;
  const ttl = spanOf(raw, 'ttl', API_KEY_TTL);
  if (!ttl.ok) return ttl;
  const rights = rightsOf(raw, client);
  if (!rights.ok) return rights;
  const place = placeOf(raw);
  if (!place.ok) return place;
  const perMinute = countOf(raw, 'perMinute', PER_MINUTE);
  if (!perMinute.ok) return perMinute;
  const perDay = countOf(raw, 'perDay', PER_DAY);
  if (!perDay.ok) return perDay;
  return admit({
    client: client.id,
    owner: owner.value,
    ...rights.value,
    ...place.value,
    perMinute: perMinute.value,
    perDay: perDay.value,
    createdAt: now,
    expiresAt: epochSeconds(now + ttl.value),
    revokedAt: undefined,
  });
}

function rightsOf(raw: RawOrder, client: ClientRecord): Outcome<Pick<ApiKeyRecord, 'audiences' | 'scopes'>> {
  const audiences = audiencesOf(raw);
  if (!audiences.ok) return audiences;
  const scopes = scopesOf(raw);
  if (!scopes.ok) return scopes;
  const beyond = [
    ...audiences.value.filter((one) => !client.audiences.includes(one)),
    ...scopes.value.filter((one) => !client.scopes.includes(one)),
  ];
  if (beyond.length > 0)
    return invalid(`audiences and scopes: ${client.id} itself does not have ${JSON.stringify(beyond)}`);
  return admit({
    audiences: audiences.value.length === 0 ? client.audiences : audiences.value,
    scopes: scopes.value.length === 0 ? client.scopes : scopes.value,
  });
}

function placeOf(raw: RawOrder): Outcome<Pick<ApiKeyRecord, 'spiffe' | 'networks'>> {
  const spiffe = patternsOf(raw, 'spiffe');
  if (!spiffe.ok) return spiffe;
  const networks = listOf(raw, 'networks', (item) => typeof item === 'string');
  if (!networks.ok) return networks;
  const parsed = parseNetworks(networks.value);
  return parsed.ok
    ? admit({ spiffe: spiffe.value, networks: networks.value })
    : invalid(`networks: ${parsed.refusal.detail}`);
}
