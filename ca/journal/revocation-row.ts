/** A revocation between its row in the journal and the domain. Pure. */
import type { RevokedThing, Revocation, RevocationReason } from '../../core/identity/revocation.ts';
import { epochSeconds } from '../../core/time/units.ts';

export type Row = Readonly<Record<string, unknown>>;

export const COLUMNS = 'generation, kind, value, issuer, thumbprint, lineage, sequence, reason, revoked_at, ends_at';

export interface Columns {
  readonly kind: string;
  readonly value: string;
  readonly issuer?: string;
  readonly thumbprint?: string;
  readonly lineage?: string;
  readonly sequence?: number;
}

/** What tells the thing from others, as the table keeps it. */
export function columnsOf(thing: RevokedThing): Columns {
  if (thing.kind === 'spiffe-id' || thing.kind === 'frozen-spiffe-id')
    return { kind: thing.kind, value: thing.spiffeId };
  if (thing.kind === 'lineage' || thing.kind === 'frozen-lineage')
    return { kind: thing.kind, value: thing.lineageId, lineage: thing.lineageId };
  if (thing.kind !== 'certificate') return thing;
  const { kind, serial, thumbprint, lineageId, sequence } = thing;
  return { kind, value: serial, thumbprint, lineage: lineageId, sequence };
}

/** The entry that a row with all of `COLUMNS` is. */
export function toRevocation(row: Row): Revocation {
  return {
    ...toThing(row),
    generation: Number(row['generation']),
    reason: row['reason'] as RevocationReason,
    revokedAt: epochSeconds(Number(row['revoked_at'])),
    endsAt: epochSeconds(Number(row['ends_at'])),
  };
}

function toThing(row: Row): RevokedThing {
  const kind = row['kind'] as RevokedThing['kind'];
  const value = String(row['value']);
  if (kind === 'spiffe-id' || kind === 'frozen-spiffe-id') return { kind, spiffeId: value };
  if (kind === 'lineage' || kind === 'frozen-lineage') return { kind, lineageId: value };
  if (kind !== 'certificate') return { kind, issuer: String(row['issuer']), value };
  return {
    kind,
    serial: value,
    thumbprint: String(row['thumbprint']),
    lineageId: String(row['lineage']),
    sequence: Number(row['sequence']),
  };
}
