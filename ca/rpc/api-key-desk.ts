/** Makes, rotates and revokes API keys for an administrator. The text of a key leaves the CA once, in the answer that made it. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { formatApiKey } from '../../core/identity/api-key-text.ts';
import type { Secret } from '../../core/identity/secret.ts';
import { epochSeconds, seconds, wholeSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { ApiKeyRecord } from '../journal/record.ts';
import { API_KEY_MEMBERS, API_KEY_TTL, checkApiKeyOrder, type ApiKeyTerms } from '../policy/api-key-order.ts';
import { CLIENT_ID, invalid, PUBLIC_ID, readOrder, spanOf, textOf, type SpanTerms } from '../policy/order-fields.ts';
import { endOrigin, originOf } from './origin-end.ts';
import { checkMints, pageOf, tell, type RegistrationDesk } from './registration-desk.ts';

const SECRET_BYTES = 32;
const ID_BYTES = 8;

/** How long the old key stays good. */
const OVERLAP: SpanTerms = {
  fallback: seconds(24 * 3600),
  least: seconds(0),
  most: seconds(30 * 86_400),
  allowed: 'a time from 0s to 30d',
};

/** `{apiKey, key}`, `key` being the text. See `checkApiKeyOrder` for the order. Refuses: CONFIG_INVALID | GRANT_UNKNOWN (no such
 *  client) | LIMIT_REGISTRATIONS | ISSUE_AUDIT, and as the journal does. */
export async function createApiKey(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const mints = checkMints(desk);
  if (!mints.ok) return mints;
  const order = readOrder(body, ['client', ...API_KEY_MEMBERS]);
  if (!order.ok) return order;
  const name = textOf(order.value, 'client', CLIENT_ID);
  if (!name.ok) return name;
  return keep(desk, (now) => {
    const client = desk.registry.findClient(name.value);
    if (client === undefined) return refuse('GRANT_UNKNOWN', `no client ${name.value} that is not disabled`);
    return checkApiKeyOrder(order.value, client, now);
  });
}

/** `{apiKey, key}` after `{id, overlap?, ttl?}`: another key on the terms of this one, as long-lived where `ttl` is not given;
 *  the old one ends after `overlap`, a day where it is not given, and at once, with its live tokens, for `0s`.
 *  Refuses as `createApiKey` and `revokeApiKey`. */
export async function rotateApiKey(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const order = readOrder(body, ['id', 'overlap', 'ttl']);
  if (!order.ok) return order;
  const id = textOf(order.value, 'id', PUBLIC_ID);
  if (!id.ok) return id;
  const overlap = spanOf(order.value, 'overlap', OVERLAP);
  if (!overlap.ok) return overlap;
  const known = desk.registry.listApiKeys().find((key) => key.id === id.value);
  const now = wholeSeconds(desk.clock.now());
  if (known === undefined || known.revokedAt !== undefined || known.expiresAt < now)
    return refuse('GRANT_UNKNOWN', `no API key ${id.value} that is good`);
  const ttl = spanOf(order.value, 'ttl', { ...API_KEY_TTL, fallback: seconds(known.expiresAt - known.createdAt) });
  if (!ttl.ok) return ttl;
  const made = await keep(desk, (at) => {
    if (desk.registry.findClient(known.client) === undefined)
      return refuse('GRANT_UNKNOWN', `no client ${known.client} that is not disabled`);
    return admit({ ...known, createdAt: at, expiresAt: epochSeconds(at + ttl.value), revokedAt: undefined });
  });
  if (!made.ok) return made;
  const over = overlap.value === 0 ? await revokeById(known.id, desk) : await shorten(known, overlap.value + now, desk);
  return over.ok ? made : over;
}

/** `{apiKey}` after `{id}` or `{hash}`, the SHA-256 of the text in hex: so a leaked key is revoked without being sent anywhere.
 *  Its live tokens end. Refuses: CONFIG_INVALID | GRANT_UNKNOWN | LIMIT_REVOCATIONS | ISSUE_AUDIT, and as the journal does. */
export async function revokeApiKey(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const order = readOrder(body, ['id', 'hash']);
  if (!order.ok) return order;
  const { id, hash } = order.value;
  if ((id === undefined) === (hash === undefined)) return invalid('exactly one of id and hash');
  if (hash === undefined) {
    const named = textOf(order.value, 'id', PUBLIC_ID);
    return named.ok ? revokeById(named.value, desk) : named;
  }
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return invalid('hash: 64 digits of lower-case hex');
  const found = desk.registry.findApiKey(hash);
  return found === undefined ? refuse('GRANT_UNKNOWN', 'no API key with this text') : revokeById(found.id, desk);
}

/** `{apiKeys, next?}` for `{client?, after?}`. Refuses: CONFIG_INVALID. */
export function listApiKeys(body: unknown, { registry, uses }: RegistrationDesk): Outcome<object> {
  const order = readOrder(body ?? {}, ['client', 'after']);
  if (!order.ok) return order;
  const { client, after } = order.value;
  if ((client !== undefined && typeof client !== 'string') || (after !== undefined && typeof after !== 'string'))
    return invalid('client and after: texts');
  const found = registry.listApiKeys().filter((key) => client === undefined || key.client === client);
  const { rows, next } = pageOf(found, after);
  return admit({ apiKeys: rows.map((key) => describeApiKey(key, uses)), next });
}

/** A new key on these terms. */
async function keep(
  desk: RegistrationDesk,
  terms: (now: EpochSeconds) => Outcome<ApiKeyTerms>,
): Promise<Outcome<object>> {
  const text: Secret = formatApiKey(desk.environment, desk.random(SECRET_BYTES));
  const id = desk.random(ID_BYTES).toString('hex');
  const kept = await desk.registry.changeApiKey(id, (known) => {
    if (known !== undefined) return refuse('BUG_UNEXPECTED', 'an id came twice');
    const agreed = terms(wholeSeconds(desk.clock.now()));
    return agreed.ok ? admit({ ...agreed.value, id, digest: text.digest().toString('hex') }) : agreed;
  });
  if (!kept.ok) return kept;
  const { client, owner, expiresAt } = kept.value;
  const told = tell('api-key-created', { key: id, client, owner, expiresAt }, desk);
  return told.ok ? admit({ apiKey: describeApiKey(kept.value, desk.uses), key: text.reveal() }) : told;
}

async function revokeById(id: string, desk: RegistrationDesk): Promise<Outcome<object>> {
  const now = wholeSeconds(desk.clock.now());
  const kept = await desk.registry.changeApiKey(id, (known) =>
    known === undefined
      ? refuse('GRANT_UNKNOWN', `no API key ${id}`)
      : admit({ ...known, revokedAt: known.revokedAt ?? now }),
  );
  if (!kept.ok) return kept;
  const ended = await endOrigin(originOf('key', id), { reason: 'keyCompromise', now }, desk);
  if (!ended.ok) return ended;
  const told = tell('api-key-revoked', { key: id, client: kept.value.client }, desk);
  return told.ok ? admit({ apiKey: describeApiKey(kept.value, desk.uses) }) : told;
}

async function shorten({ id }: ApiKeyRecord, end: number, desk: RegistrationDesk): Promise<Outcome<unknown>> {
  const kept = await desk.registry.changeApiKey(id, (known) =>
    known === undefined
      ? refuse('GRANT_UNKNOWN', `no API key ${id}`)
      : admit({ ...known, expiresAt: epochSeconds(Math.min(known.expiresAt, end)) }),
  );
  return kept.ok ? tell('api-key-shortened', { key: id, expiresAt: kept.value.expiresAt }, desk) : kept;
}

/** Without the digest: nobody needs it to name a key. */
function describeApiKey(key: ApiKeyRecord, uses: RegistrationDesk['uses']): object {
  const use = uses.of(key.id);
  return {
    ...key,
    digest: undefined,
    ...(use === undefined ? {} : { lastUsedAt: use.lastUsedAt, usedOnThatDay: use.count }),
  };
}
