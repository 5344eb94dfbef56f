/**
 * Checks what an administrator wants revoked: one thing, a reason and an end. Pure: whether the journal knows the
 * certificate, and how long the entry must live where no end was given, is settled with the journal.
 * The identities of the CA itself are never for revocation: that would end the mesh. An administrator's is like a workload's.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { REVOCATION_REASONS, type RevocationReason } from '../../core/identity/revocation.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { parseDuration } from '../../core/time/duration.ts';
import { epochSeconds, seconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import type { RevocationTarget } from '../journal/record.ts';
import { RETIRED_FOR } from '../tokens/key-plan.ts';
import { JOIN_TOKEN_TTL_MOST } from './join-token-order.ts';
import { isOfAdministrators, isReserved } from './reserved.ts';

export interface RevocationOrder {
  readonly target: RevocationTarget;
  readonly reason: RevocationReason;
  readonly revokedAt: EpochSeconds;
  /** As ordered; undefined: as long as it can matter. */
  readonly endsAt: EpochSeconds | undefined;
  /** Where the journal knows no better. */
  readonly fallbackEnd: EpochSeconds;
}

export interface RevocationBounds {
  readonly trustDomain: TrustDomain;
  /** The longest life of a certificate. */
  readonly certificateTtl: Seconds;
  readonly now: EpochSeconds;
}

const TARGETS = ['serial', 'lineage', 'spiffeId', 'jti', 'sub', 'kid', 'origin'] as const;
const KEYS: readonly string[] = [...TARGETS, 'issuer', 'until', 'reason'];
const MOST_TEXT = 512;
const UNTIL_LEAST_MS = 1000;
/** 10 years: the longest life of a root of ours. */
const UNTIL_MOST_MS = 3650 * 86_400_000;

type Raw = Readonly<Record<string, unknown>>;

/** The order, from the JSON `{serial | lineage | spiffeId | issuer and one of jti, sub, kid, origin; until?, reason?}`: `until` is
 *  a duration from now, such as `24h`; without it the entry lives as long as anything that it names can.
 *  Refuses: CONFIG_INVALID | GRANT_IDENTITY (an identity of the CA). */
export function checkRevocationOrder(body: unknown, bounds: RevocationBounds): Outcome<RevocationOrder> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return invalid('an object');
  const raw = body as Raw;
  const unknown = Object.keys(raw).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) return invalid(`the keys ${KEYS.join(', ')}; found ${JSON.stringify(unknown)}`);
  const target = targetOf(raw, bounds.trustDomain);
  if (!target.ok) return target;
  const reason = raw['reason'] ?? 'unspecified';
  if (!isReason(reason)) return invalid(`reason: one of ${Object.keys(REVOCATION_REASONS).join(', ')}`);
  const until = spanOf(raw['until']);
  if (until === undefined) return invalid('until: a time from 1s to 3650d');
  const { now, certificateTtl } = bounds;
  return admit({
    target: target.value,
    reason,
    revokedAt: now,
    endsAt: until === 'none' ? undefined : epochSeconds(now + until / 1000),
    fallbackEnd: epochSeconds(now + lifeOf(target.value, certificateTtl)),
  });
}

function lifeOf({ kind }: RevocationTarget, certificateTtl: Seconds): Seconds {
  return seconds(Math.max(certificateTtl, LIVES[kind]));
}

/** The most that `tokens.ttl` can be set to, and a verifier's clock may be off. */
const TOKEN_LIFE_MOST = 3600 + 60;
/** What outlives certificates, however short those are. An identity: a join token that was made for it before must not bring it
 *  back. A key: it may stay published for as long as a token lives once it signs no more. */
const LIVES: Readonly<Record<RevocationTarget['kind'], number>> = {
  certificate: 0,
  lineage: 0,
  'spiffe-id': JOIN_TOKEN_TTL_MOST / 1000,
  jti: TOKEN_LIFE_MOST,
  sub: TOKEN_LIFE_MOST,
  origin: TOKEN_LIFE_MOST,
  kid: RETIRED_FOR + TOKEN_LIFE_MOST,
};

const invalid = (allowed: string): Outcome<never> => refuse('CONFIG_INVALID', `a revocation takes ${allowed}`);

function targetOf(raw: Raw, trustDomain: TrustDomain): Outcome<RevocationTarget> {
  const [name, ...more] = TARGETS.filter((key) => raw[key] !== undefined);
  if (name === undefined || more.length > 0) return invalid(`exactly one of ${TARGETS.join(', ')}`);
  const value = raw[name];
  if (typeof value !== 'string') return invalid(`${name}: a text`);
  const isToken = name === 'jti' || name === 'sub' || name === 'kid' || name === 'origin';
  if (isToken !== (raw['issuer'] !== undefined))
    return invalid('issuer together with jti, sub, kid or origin, and only there');
  if (name === 'serial') return serialOf(value);
  if (name === 'lineage') return lineageOf(value);
  if (name === 'spiffeId') return identityOf(value, trustDomain);
  const { issuer } = raw;
  if (!isText(issuer) || !isText(value)) return invalid(`issuer and ${name}: 1 to ${MOST_TEXT} bytes`);
  return admit({ kind: name, issuer, value });
}

/** As Cleat writes serials; OpenSSL writes the same in capitals. */
function serialOf(text: string): Outcome<RevocationTarget> {
  const serial = text.toLowerCase();
  if (!/^(?:[0-9a-f]{2}){1,20}$/.test(serial)) return invalid('serial: an even number of hex digits, 2 to 40');
  return admit({ kind: 'certificate', serial });
}

function lineageOf(text: string): Outcome<RevocationTarget> {
  const lineageId = text.toLowerCase();
  return /^[0-9a-f]{32}$/.test(lineageId) ? admit({ kind: 'lineage', lineageId }) : invalid('lineage: 32 hex digits');
}

function identityOf(text: string, trustDomain: TrustDomain): Outcome<RevocationTarget> {
  const id = parseSpiffeId(text);
  if (!id.ok) return invalid(`spiffeId: ${id.refusal.detail}`);
  if (id.value.trustDomain !== trustDomain) return invalid(`spiffeId: an identity of ${trustDomain}`);
  if (isReserved(id.value) && !isOfAdministrators(id.value))
    return refuse('GRANT_IDENTITY', `${id.value.uri} is one of the CA's own`);
  return admit({ kind: 'spiffe-id', spiffeId: id.value.uri });
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MOST_TEXT;
const isReason = (value: unknown): value is RevocationReason =>
  typeof value === 'string' && Object.hasOwn(REVOCATION_REASONS, value);

/** Milliseconds, `none` where no end was given, undefined for anything else. */
function spanOf(value: unknown): number | 'none' | undefined {
  if (value === undefined) return 'none';
  const span = typeof value === 'string' ? parseDuration(value) : undefined;
  return span !== undefined && span >= UNTIL_LEAST_MS && span <= UNTIL_MOST_MS ? span : undefined;
}
