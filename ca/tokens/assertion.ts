/**
 * Assertions of clients that prove themselves by a key of theirs (`private_key_jwt`): short-lived, for this issuer alone, used
 * once, verified by the registered keys and by no other.
 * Spec: RFC 7523 section 3, draft-ietf-oauth-rfc7523bis section 4 (the audience is the issuer, and nothing else).
 */
import { admit, refuse, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { Algorithm } from '../../core/token/algorithm.ts';
import type { JsonObject } from '../../core/token/json.ts';
import { parseCompactJws, parseJsonObject } from '../../core/token/jws.ts';
import { type KeySet, parseKeySet } from '../../core/token/key-set.ts';
import { verifyJws } from '../../runtime/token/verify-jws.ts';
import type { ClientRecord } from '../journal/record.ts';
import type { Registry } from './registry.ts';
import type { Spent } from './spent.ts';

export interface ProvenClient {
  readonly client: ClientRecord;
  /** Uses the assertion up. Refuses: GRANT_CLIENT the second time; LIMIT_REPLAY where the client used too many. */
  spend(): Outcome<void>;
}

export interface AssertionDesk {
  /** Refuses: GRANT_CLIENT. */
  verify(assertion: string, now: EpochSeconds): Promise<Outcome<ProvenClient>>;
}

export interface AssertionDeps {
  readonly registry: Pick<Registry, 'findClient'>;
  /** The only audience. */
  readonly issuer: string;
  readonly spent: Pick<Spent, 'take'>;
  /** What was issued before may have been used before, which nobody remembers. */
  readonly startedAt: EpochSeconds;
}

/** Seconds. */
const ASSERTION_LIFE = 300;
const SKEW = 30;
export const ASSERTION_ALGORITHMS: readonly Algorithm[] = ['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519', 'EdDSA'];
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'client-authentication+jwt'];
const JTI_MOST = 256;

/** A desk that has seen no assertion. */
export function createAssertionDesk({ registry, issuer, spent, startedAt }: AssertionDeps): AssertionDesk {
  const keys = new WeakMap<ClientRecord, KeySet>();

  function keysOf(client: ClientRecord): Outcome<KeySet> {
    const known = keys.get(client);
    if (known !== undefined) return admit(known);
    if (client.jwks === undefined) return refuse('GRANT_CLIENT', `client ${client.id} has no keys`);
    const read = parseKeySet(Buffer.from(JSON.stringify(client.jwks)));
    if (read.ok) keys.set(client, read.value);
    return read;
  }

  return {
    async verify(assertion, now) {
      const jws = parseCompactJws(assertion);
      if (!jws.ok) return wrong(jws.refusal);
      const claims = parseJsonObject(jws.value.payload, 'claims');
      if (!claims.ok) return wrong(claims.refusal);
      const { sub } = claims.value;
      const client = typeof sub === 'string' ? registry.findClient(sub) : undefined;
      if (client === undefined) return refuse('GRANT_CLIENT', 'an assertion of an unknown client, or a disabled one');
      const set = keysOf(client);
      if (!set.ok) return wrong(set.refusal);
      const header = await verifyJws({ text: assertion, jws: jws.value }, set.value, ASSERTION_ALGORITHMS);
      if (!header.ok) return wrong(header.refusal);
      const flaw = TYPES.includes(header.value.type) ? flawOf(claims.value, { client, issuer, startedAt, now }) : 'typ';
      if (flaw !== undefined) return refuse('GRANT_CLIENT', `assertion of client ${client.id}: ${flaw}`);
      const { jti, exp } = claims.value;
      const parts = [client.id, typeof jti === 'string' ? jti : ''];
      const until = epochSeconds(Number(exp) + SKEW);
      return admit({
        client,
        spend() {
          const once = spent.take({ client: client.id, parts, until }, now);
          if (once.ok || once.refusal.code !== 'BINDING_REPLAY') return once;
          return refuse('GRANT_CLIENT', `assertion of client ${client.id} was used before`);
        },
      });
    },
  };
}

interface Terms {
  readonly client: ClientRecord;
  readonly issuer: string;
  readonly startedAt: EpochSeconds;
  readonly now: EpochSeconds;
}

/** What is wrong with the claims, in a few words of ours. */
function flawOf(claims: JsonObject, { client, issuer, startedAt, now }: Terms): string | undefined {
  const { iss, aud, exp, iat, nbf, jti } = claims;
  if (iss !== client.id) return 'iss is not sub';
  if (aud !== issuer && !(Array.isArray(aud) && aud.length === 1 && aud[0] === issuer))
    return `aud is not ${issuer} alone`;
  if (!isTime(exp) || now >= exp + SKEW) return 'exp is missing or past';
  if (exp > now + ASSERTION_LIFE + SKEW) return `exp is more than ${ASSERTION_LIFE} s away`;
  if (!isTime(iat) || iat > now + SKEW) return 'iat is missing or ahead';
  if (iat < startedAt) return 'iat is before this CA started: what was used then is not known';
  if (nbf !== undefined && !(isTime(nbf) && nbf <= now + SKEW)) return 'nbf is ahead';
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_MOST) return 'jti is missing or too long';
  return undefined;
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const wrong = ({ code, detail }: Refusal): Outcome<never> => refuse('GRANT_CLIENT', `assertion: ${code}, ${detail}`);
