/**
 * Checks what an operator asks a join token for: which name it may vouch for, and how long it may lie around. Pure.
 * A name that the CA keeps for itself is never for sale.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { IdPattern } from '../../core/identity/pattern.ts';
import { spiffeIdOf, type SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { parseDuration } from '../../core/time/duration.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';
import { isDnsName } from '../../runtime/config/address.ts';
import { isAdministrator, isReserved } from './reserved.ts';

export interface JoinTokenOrder {
  readonly id: SpiffeId;
  /** Lower case, each once. */
  readonly dnsNames: readonly string[];
  readonly ttl: Milliseconds;
}

export interface OrderBounds {
  readonly trustDomain: TrustDomain;
  /** Where the order names none. */
  readonly ttl: Milliseconds;
  /** Who may administer the CA: the only reserved names that can be had. */
  readonly admins: readonly IdPattern[];
}

/** The longest life of a join token. */
export const JOIN_TOKEN_TTL_MOST = milliseconds(24 * 3600 * 1000);

const KEYS: readonly string[] = ['path', 'dnsNames', 'ttl'];
const NAMES_MOST = 16;
const TTL_LEAST_MS = 1000;

/** The order, from the JSON `{path, dnsNames?, ttl?}`: `path` is that of the SPIFFE ID, `ttl` a duration such as `10m`, from
 *  1 s to 24 h. Refuses: CONFIG_INVALID | GRANT_IDENTITY (a reserved path). */
export function checkJoinTokenOrder(body: unknown, { trustDomain, ttl, admins }: OrderBounds): Outcome<JoinTokenOrder> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return invalid('an object {path, dnsNames, ttl}');
  const order = body as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(order).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) return invalid(`the keys ${KEYS.join(', ')}; found ${JSON.stringify(unknown)}`);
  if (typeof order['path'] !== 'string') return invalid('path: a path such as /ns/shop/sa/agent');
  const id = spiffeIdOf(trustDomain, order['path']);
  if (!id.ok) return invalid(`path: ${id.refusal.detail}`);
  if (isReserved(id.value) && !isAdministrator(id.value, admins))
    return refuse('GRANT_IDENTITY', `${id.value.uri} is reserved for the CA, and not among admins`);
  const dnsNames = parseNames(order['dnsNames'] ?? []);
  if (dnsNames === undefined) return invalid(`dnsNames: a list of at most ${NAMES_MOST} DNS names`);
  const span = parseTtl(order['ttl'], ttl);
  if (span === undefined) return invalid('ttl: a time from 1s to 24h');
  return admit({ id: id.value, dnsNames, ttl: span });
}

const invalid = (allowed: string): Outcome<never> => refuse('CONFIG_INVALID', `a join token takes ${allowed}`);

function parseNames(found: unknown): readonly string[] | undefined {
  if (!Array.isArray(found) || found.length > NAMES_MOST) return undefined;
  const names = found.filter((name): name is string => typeof name === 'string' && isDnsName(name));
  return names.length === found.length ? [...new Set(names.map((name) => name.toLowerCase()))] : undefined;
}

function parseTtl(found: unknown, fallback: Milliseconds): Milliseconds | undefined {
  if (found === undefined) return fallback;
  const span = typeof found === 'string' ? parseDuration(found) : undefined;
  return span !== undefined && span >= TTL_LEAST_MS && span <= JOIN_TOKEN_TTL_MOST ? span : undefined;
}
