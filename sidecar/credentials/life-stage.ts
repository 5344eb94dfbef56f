/**
 * How far our own certificate is through its life. A successor is due at 50 % to 60 % of it, so whoever still holds it at
 * 75 % has failed for a while, and at 90 % the outage is near. Pure: judged by the wall clock that is handed in.
 */
import type { EpochMilliseconds, Milliseconds } from '../../core/time/units.ts';
import { milliseconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';

/** `early` and `ended` are outside of its validity: nothing is served with it then. */
export type LifeStage = 'early' | 'good' | 'late' | 'critical' | 'ended';

/** The share of its life, in percent, at which a stage begins: what the alarm metric shows. */
export const STAGE_PERCENT = {
  early: 0,
  good: 0,
  late: 75,
  critical: 90,
  ended: 100,
} as const satisfies Record<LifeStage, number>;

/** What it is judged by. A backdated `notBefore` is not when its life began: our CA writes that into the lineage. */
export type Life = Pick<Certificate, 'notBefore' | 'notAfter'> & {
  readonly lineage?: Pick<NonNullable<Certificate['lineage']>, 'issuedAt'> | undefined;
};

/** The stage now, and the time to the next one; 0 after the last. `notAfter` itself is inside (RFC 5280 4.1.2.5). */
export function lifeStage(
  life: Life,
  now: EpochMilliseconds,
): { readonly stage: LifeStage; readonly left: Milliseconds } {
  const begin = life.notBefore * 1000;
  const end = (life.notAfter + 1) * 1000;
  const issued = (life.lineage?.issuedAt ?? life.notBefore) * 1000;
  const at = (percent: number): number => issued + ((end - issued) * percent) / 100;
  const boundaries: readonly (readonly [LifeStage, number])[] = [
    ['early', begin],
    ['good', at(STAGE_PERCENT.late)],
    ['late', at(STAGE_PERCENT.critical)],
    ['critical', end],
  ];
  const found = boundaries.find(([, until]) => now < until);
  if (found === undefined) return { stage: 'ended', left: milliseconds(0) };
  return { stage: found[0], left: milliseconds(found[1] - now) };
}
