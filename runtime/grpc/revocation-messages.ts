/** One revocation between the wire and the domain. Checks form and size, nothing else. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import {
  REVOCATION_REASONS,
  type RevokedThing,
  type Revocation,
  type RevocationReason,
  type TokenKind,
} from '../../core/identity/revocation.ts';
import { epochSeconds } from '../../core/time/units.ts';
import type { Revocation as RevocationMessage, Revocation__Output } from './gen/cleat/ca/v1/Revocation.ts';
import type { RevokedCertificate__Output } from './gen/cleat/ca/v1/RevokedCertificate.ts';
import type { RevokedToken__Output } from './gen/cleat/ca/v1/RevokedToken.ts';

const MOST_SERIAL = 20;
const THUMBPRINT = 32;
const LINEAGE_ID = 16;
const MOST_SPIFFE_ID = 2048;
const MOST_TEXT = 512;

/** The message for an entry. */
export function writeRevocation(entry: Revocation): RevocationMessage {
  return {
    generation: entry.generation,
    reason: REVOCATION_REASONS[entry.reason],
    revoked_at: entry.revokedAt,
    ends_at: entry.endsAt,
    ...writeThing(entry),
  };
}

function writeThing(entry: Revocation): RevocationMessage {
  if (entry.kind === 'lineage') return { lineage_id: Buffer.from(entry.lineageId, 'hex') };
  if (entry.kind === 'frozen-lineage') return { frozen_lineage_id: Buffer.from(entry.lineageId, 'hex') };
  if (entry.kind === 'frozen-spiffe-id') return { frozen_spiffe_id: entry.spiffeId };
  if (entry.kind === 'spiffe-id') return { spiffe_id: entry.spiffeId };
  if (entry.kind !== 'certificate') return { [entry.kind]: { issuer: entry.issuer, value: entry.value } };
  return {
    certificate: {
      serial: Buffer.from(entry.serial, 'hex'),
      thumbprint: Buffer.from(entry.thumbprint, 'base64url'),
      lineage_id: Buffer.from(entry.lineageId, 'hex'),
      lineage_sequence: entry.sequence,
    },
  };
}

/** Refuses: RENEW_ANSWER, for a kind that we do not know too: who does not understand a revocation cannot obey it. */
export function readRevocation(entry: Revocation__Output): Outcome<Revocation> {
  const { generation, revoked_at: revokedAt, ends_at: endsAt } = entry;
  if (![generation, revokedAt, endsAt].every((value) => Number.isSafeInteger(value)))
    return refuse('RENEW_ANSWER', 'a number of a revocation is out of range');
  const thing = readThing(entry);
  if (thing === undefined) return refuse('RENEW_ANSWER', `revocation ${generation} is malformed`);
  return admit({
    ...thing,
    generation,
    reason: reasonOf(entry.reason),
    revokedAt: epochSeconds(revokedAt),
    endsAt: epochSeconds(endsAt),
  });
}

/** A reason that we do not know revokes as well as any other. */
function reasonOf(code: number): RevocationReason {
  const names = Object.keys(REVOCATION_REASONS) as RevocationReason[];
  return names.find((name) => REVOCATION_REASONS[name] === code) ?? 'unspecified';
}

function readThing(entry: Revocation__Output): RevokedThing | undefined {
  const { certificate, lineage_id: lineage, frozen_lineage_id: frozen, spiffe_id: spiffeId } = entry;
  if (certificate) return readCertificate(certificate);
  if (lineage) return isOf(lineage, LINEAGE_ID) ? { kind: 'lineage', lineageId: lineage.toString('hex') } : undefined;
  if (frozen)
    return isOf(frozen, LINEAGE_ID) ? { kind: 'frozen-lineage', lineageId: frozen.toString('hex') } : undefined;
  if (spiffeId) return readIdentity('spiffe-id', spiffeId);
  if (entry.frozen_spiffe_id) return readIdentity('frozen-spiffe-id', entry.frozen_spiffe_id);
  for (const kind of ['jti', 'sub', 'kid', 'origin'] as const) {
    const token = readToken(kind, entry[kind]);
    if (token !== undefined) return token;
  }
  return undefined;
}

function readIdentity(kind: 'spiffe-id' | 'frozen-spiffe-id', spiffeId: string): RevokedThing | undefined {
  return spiffeId.length <= MOST_SPIFFE_ID ? { kind, spiffeId } : undefined;
}

function readCertificate(found: RevokedCertificate__Output): RevokedThing | undefined {
  const { serial, thumbprint, lineage_id: lineageId, lineage_sequence: sequence } = found;
  if (serial.length < 1 || serial.length > MOST_SERIAL) return undefined;
  if (!isOf(thumbprint, THUMBPRINT) || !isOf(lineageId, LINEAGE_ID)) return undefined;
  return {
    kind: 'certificate',
    serial: serial.toString('hex'),
    thumbprint: thumbprint.toString('base64url'),
    lineageId: lineageId.toString('hex'),
    sequence,
  };
}

function readToken(kind: TokenKind, found: RevokedToken__Output | null | undefined): RevokedThing | undefined {
  if (!found || !isText(found.issuer) || !isText(found.value)) return undefined;
  return { kind, issuer: found.issuer, value: found.value };
}

const isOf = (bytes: Buffer, size: number): boolean => bytes.length === size;
const isText = (text: string): boolean => text !== '' && Buffer.byteLength(text) <= MOST_TEXT;
