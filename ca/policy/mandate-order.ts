/** Checks what an administrator orders a mandate for: somebody by name, one audience, a purpose and an end. Pure. */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../core/time/units.ts';
import type { MandateRecord } from '../journal/record.ts';
import {
  AUDIENCE_TEXT,
  CLIENT_ID,
  invalid,
  patternOf,
  readOrder,
  scopesOf,
  spanOf,
  textOf,
  WORDS,
  type RawOrder,
  type SpanTerms,
} from './order-fields.ts';

const NAMES = ['spiffe', 'client', 'audience', 'scopes', 'for', 'purpose'];

/** A task, not a position: what holds longer is a rule. */
const LIFE: SpanTerms = {
  fallback: undefined,
  least: seconds(10),
  most: seconds(24 * 3600),
  allowed: 'a time from 10s to 24h',
};

/** The mandate without its id, from the JSON `{spiffe | client, audience, scopes?, for, purpose}`: `for` is its life. Every
 *  workload of the trust domain (`any`) is nobody by name. Refuses: CONFIG_INVALID. */
export function checkMandateOrder(body: unknown, now: EpochSeconds): Outcome<Omit<MandateRecord, 'id'>> {
  const order = readOrder(body, NAMES);
  if (!order.ok) return order;
  const raw = order.value;
  const holder = holderOf(raw);
  if (!holder.ok) return holder;
  const audience = textOf(raw, 'audience', AUDIENCE_TEXT);
  if (!audience.ok) return audience;
  const scopes = scopesOf(raw);
  if (!scopes.ok) return scopes;
  const life = spanOf(raw, 'for', LIFE);
  if (!life.ok) return life;
  const purpose = textOf(raw, 'purpose', WORDS);
  if (!purpose.ok) return purpose;
  return admit({
    for: holder.value,
    audience: audience.value,
    scopes: scopes.value,
    purpose: purpose.value,
    createdAt: now,
    endsAt: epochSeconds(now + life.value),
  });
}

function holderOf(raw: RawOrder): Outcome<MandateRecord['for']> {
  if ((raw['spiffe'] === undefined) === (raw['client'] === undefined))
    return invalid('exactly one of spiffe and client');
  if (raw['client'] !== undefined) {
    const client = textOf(raw, 'client', CLIENT_ID);
    return client.ok ? admit({ client: client.value }) : client;
  }
  const spiffe = patternOf(raw['spiffe'], 'spiffe');
  if (!spiffe.ok) return spiffe;
  return 'any' in spiffe.value ? invalid('spiffe: {exact: PATH} or {under: PATH}') : admit({ spiffe: spiffe.value });
}
