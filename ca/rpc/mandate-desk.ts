/** Makes and ends mandates for an administrator. Which tokens one grants is decided where tokens are minted. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, wholeSeconds } from '../../core/time/units.ts';
import { checkMandateOrder } from '../policy/mandate-order.ts';
import { invalid, PUBLIC_ID, readOrder, textOf } from '../policy/order-fields.ts';
import { endOrigin, originOf } from './origin-end.ts';
import { checkMints, pageOf, tell, type RegistrationDesk } from './registration-desk.ts';

const ID_BYTES = 8;

/** `{mandate}`. See `checkMandateOrder` for the order. Refuses: CONFIG_INVALID | GRANT_UNKNOWN (no such client) |
 *  LIMIT_REGISTRATIONS | ISSUE_AUDIT, and as the journal does. */
export async function createMandate(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const mints = checkMints(desk);
  if (!mints.ok) return mints;
  const order = checkMandateOrder(body, wholeSeconds(desk.clock.now()));
  if (!order.ok) return order;
  const holder = order.value.for;
  const id = desk.random(ID_BYTES).toString('hex');
  const kept = await desk.registry.changeMandate(id, () => {
    if ('client' in holder && desk.registry.findClient(holder.client) === undefined)
      return refuse('GRANT_UNKNOWN', `no client ${holder.client} that is not disabled`);
    return admit({ ...order.value, id });
  });
  if (!kept.ok) return kept;
  const { audience, scopes, purpose, endsAt } = kept.value;
  const facts = { mandate: id, holder: JSON.stringify(holder), audience, scopes: scopes.join(' '), purpose, endsAt };
  const told = tell('mandate-created', facts, desk);
  return told.ok ? admit({ mandate: kept.value }) : told;
}

/** `{mandate}` after `{id}`: it ends now, and its live tokens with it. Refuses: CONFIG_INVALID | GRANT_UNKNOWN |
 *  LIMIT_REVOCATIONS | ISSUE_AUDIT, and as the journal does. */
export async function endMandate(body: unknown, desk: RegistrationDesk): Promise<Outcome<object>> {
  const order = readOrder(body, ['id']);
  const id = order.ok ? textOf(order.value, 'id', PUBLIC_ID) : order;
  if (!id.ok) return id;
  const now = wholeSeconds(desk.clock.now());
  const kept = await desk.registry.changeMandate(id.value, (known) =>
    known === undefined
      ? refuse('GRANT_UNKNOWN', `no mandate ${id.value}`)
      : // The second before: nothing is granted in the second in which it ended.
        admit({ ...known, endsAt: epochSeconds(Math.min(known.endsAt, now - 1)) }),
  );
  if (!kept.ok) return kept;
  const ended = await endOrigin(originOf('mandate', id.value), { reason: 'cessationOfOperation', now }, desk);
  if (!ended.ok) return ended;
  const told = tell('mandate-ended', { mandate: id.value }, desk);
  return told.ok ? admit({ mandate: kept.value }) : told;
}

/** `{mandates, next?}` for `{after?}`: those that hold. Refuses: CONFIG_INVALID. */
export function listMandates(body: unknown, { registry, clock }: RegistrationDesk): Outcome<object> {
  const order = readOrder(body ?? {}, ['after']);
  if (!order.ok) return order;
  const { after } = order.value;
  if (after !== undefined && typeof after !== 'string') return invalid('after: a text');
  const { rows, next } = pageOf(registry.listMandates(wholeSeconds(clock.now())), after);
  return admit({ mandates: rows, next });
}
