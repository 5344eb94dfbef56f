/** What the state of a case says is revoked, as the index that the product asks. */
import {
  indexRevocations,
  type Revocation,
  type RevocationIndex,
  type RevokedThing,
  type TokenKind,
} from '../../core/identity/revocation.ts';
import { epochSeconds } from '../../core/time/units.ts';
import type { VectorSettings, VectorTest } from './vector-format.ts';

/** After the end of every certificate and token of a case. */
const NEVER = epochSeconds(253_402_300_799);

/** Gives the index. A text without an issuer is revoked for each of them. */
export function revocationsOf(revoked: VectorTest['state']['revoked'], { issuers }: VectorSettings): RevocationIndex {
  const ofIssuer = (kind: TokenKind): readonly RevokedThing[] =>
    revoked[kind].flatMap((entry) =>
      typeof entry === 'string'
        ? issuers.map(({ issuer }) => ({ kind, issuer, value: entry }))
        : [{ kind, issuer: entry.issuer, value: entry.value }],
    );
  const certificate = (facts: { readonly serial?: string; readonly thumbprint?: string }): RevokedThing => ({
    kind: 'certificate',
    serial: '',
    thumbprint: '',
    lineageId: '',
    sequence: 0,
    ...facts,
  });
  const things: readonly RevokedThing[] = [
    ...ofIssuer('jti'),
    ...ofIssuer('sub'),
    ...ofIssuer('kid'),
    ...ofIssuer('origin'),
    ...revoked.serial.map((serial) => certificate({ serial })),
    ...revoked.thumbprint.map((thumbprint) => certificate({ thumbprint })),
    ...revoked.lineage.map((lineageId) => ({ kind: 'lineage', lineageId }) as const),
    ...revoked.frozenLineage.map((lineageId) => ({ kind: 'frozen-lineage', lineageId }) as const),
    ...revoked.spiffeId.map((spiffeId) => ({ kind: 'spiffe-id', spiffeId }) as const),
  ];
  const entries = things.map(
    (thing, at): Revocation => ({
      ...thing,
      generation: at + 1,
      reason: 'unspecified',
      revokedAt: epochSeconds(0),
      endsAt: NEVER,
    }),
  );
  return indexRevocations(entries.length, entries);
}
