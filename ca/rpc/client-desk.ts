/** Registers, rotates and disables clients for an administrator. A secret leaves the CA once, in the answer that made it. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Secret } from '../../core/identity/secret.ts';
import { epochSeconds, seconds, wholeSeconds } from '../../core/time/units.ts';
import type { ClientRecord } from '../journal/record.ts';
import { checkClientKeys, checkClientOrder } from '../policy/client-order.ts';
import {
  CLIENT_ID,
  invalid,
  readOrder,
  spanOf,
  textOf,
  type RawOrder,
  type SpanTerms,
} from '../policy/order-fields.ts';
import { endOrigin, originOf } from './origin-end.ts';
import { checkMints, pageOf, tell, type RegistrationDesk } from './registration-desk.ts';

/** How long the old secret stays good. */
const OVERLAP: SpanTerms = {
  fallback: seconds(24 * 3600),
  least: seconds(0),
  most: seconds(30 * 86_400),
  allowed: 'a time from 0s to 30d',
};

/** `{client, secret?}`: the secret where the client has that method. Refuses: CONFIG_INVALID (also for an id that is taken,
 *  by a disabled client too) | LIMIT_REGISTRATIONS | ISSUE_BUSY | ISSUE_AUDIT, and as the journal does. */
export async function createClient(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const mints = checkMints(desk);
  if (!mints.ok) return mints;
  const now = wholeSeconds(desk.clock.now());
  const order = checkClientOrder(body, now);
  if (!order.ok) return order;
  const { id, methods } = order.value;
  let secret: Secret | undefined;
  const kept = await desk.registry.changeClient(id, async (known) => {
    if (known !== undefined) return invalid(`id: ${id} is registered already; ids are not used again`);
    if (!methods.includes('secret')) return order;
    const made = await desk.secrets.make(undefined, { now, overlapEnd: undefined });
    if (!made.ok) return made;
    secret = made.value.secret;
    return admit({ ...order.value, secrets: made.value.hashes });
  });
  return answer('client-created', kept, secret, desk);
}

/** `{client, secret?}` after `{id, overlap?, jwks?}`: with `jwks` other public keys, which count at once; without it a new
 *  secret, and the old one stays good for `overlap`, a day where it is not given. Refuses as `createClient`, and
 *  GRANT_UNKNOWN. */
export async function rotateClient(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const order = readRotation(body);
  if (!order.ok) return order;
  const { id, raw } = order.value;
  const now = wholeSeconds(desk.clock.now());
  const overlap = spanOf(raw, 'overlap', OVERLAP);
  if (!overlap.ok) return overlap;
  let secret: Secret | undefined;
  const kept = await desk.registry.changeClient(id, async (known) => {
    if (known === undefined || known.disabledAt !== undefined) return unknown(id);
    if (raw['jwks'] !== undefined) return withKeys(known, raw['jwks']);
    if (known.secrets === undefined) return invalid(`jwks: client ${id} has no secret to rotate`);
    const overlapEnd = overlap.value === 0 ? undefined : epochSeconds(now + overlap.value);
    const made = await desk.secrets.make(known.secrets, { now, overlapEnd });
    if (!made.ok) return made;
    secret = made.value.secret;
    return admit({ ...known, secrets: made.value.hashes });
  });
  return answer('client-rotated', kept, secret, desk);
}

/** `{client}` after `{id}`: nothing of it is good any more, its API keys neither, and its live tokens end. There is no way
 *  back. Refuses: GRANT_UNKNOWN | LIMIT_REVOCATIONS | ISSUE_AUDIT, and as the journal does. */
export async function disableClient(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const order = readOrder(body, ['id']);
  const id = order.ok ? textOf(order.value, 'id', CLIENT_ID) : order;
  if (!id.ok) return id;
  const now = wholeSeconds(desk.clock.now());
  const kept = await desk.registry.changeClient(id.value, (known) =>
    known === undefined ? unknown(id.value) : admit({ ...known, disabledAt: known.disabledAt ?? now }),
  );
  if (!kept.ok) return kept;
  // Also where it was disabled before: then the tokens may still be to be ended.
  const ended = await endOrigin(originOf('client', id.value), { reason: 'privilegeWithdrawn', now }, desk);
  return ended.ok ? answer('client-disabled', kept, undefined, desk) : ended;
}

/** `{clients, next?}` for `{id?, after?}`. Refuses: CONFIG_INVALID | GRANT_UNKNOWN (an id that is not registered). */
export function listClients(body: unknown, { registry }: Pick<RegistrationDesk, 'registry'>): Outcome<object> {
  const order = readOrder(body ?? {}, ['id', 'after']);
  if (!order.ok) return order;
  const { id, after } = order.value;
  if ((id !== undefined && typeof id !== 'string') || (after !== undefined && typeof after !== 'string'))
    return invalid('id and after: texts');
  const found = registry.listClients().filter((client) => id === undefined || client.id === id);
  if (id !== undefined && found.length === 0) return unknown(id);
  const { rows, next } = pageOf(found, after);
  return admit({ clients: rows.map(describeClient), next });
}

const unknown = (id: string): Outcome<never> => refuse('GRANT_UNKNOWN', `no client ${id}`);

function readRotation(body: unknown): Outcome<{ readonly id: string; readonly raw: RawOrder }> {
  const order = readOrder(body, ['id', 'overlap', 'jwks']);
  if (!order.ok) return order;
  const id = textOf(order.value, 'id', CLIENT_ID);
  return id.ok ? admit({ id: id.value, raw: order.value }) : id;
}

function withKeys(known: ClientRecord, text: unknown): Outcome<ClientRecord> {
  if (known.jwks === undefined) return invalid(`jwks: client ${known.id} is not registered with private_key_jwt`);
  const jwks = checkClientKeys(text);
  return jwks.ok ? admit({ ...known, jwks: jwks.value }) : jwks;
}

function answer(
  kind: string,
  kept: Outcome<ClientRecord>,
  secret: Secret | undefined,
  desk: RegistrationDesk,
): Outcome<object> {
  if (!kept.ok) return kept;
  const { id, methods } = kept.value;
  const told = tell(kind, { client: id, methods: methods.join(' ') }, desk);
  if (!told.ok) return told;
  return admit({ client: describeClient(kept.value), ...(secret === undefined ? {} : { secret: secret.reveal() }) });
}

/** What may be shown: of secrets only how many are good, and until when. */
function describeClient({ secrets, jwks, ...client }: ClientRecord): object {
  return {
    ...client,
    secrets: (secrets?.digests ?? []).map(({ endsAt }) => ({ endsAt })),
    ...(jwks === undefined ? {} : { jwks: JSON.stringify(jwks) }),
  };
}
