/**
 * What the schedule does next (prepare at a share of the issuer's life, activate when acknowledged, retire when nothing
 * live chains to the last root). Pure. What an operator has begun he also ends: the schedule only goes on with its own.
 */
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';
import type { Authority } from '../signer/authority.ts';
import { judgeActivate, judgeRetire, phaseOf, type Scene } from './rotation.ts';
import { seatIn } from './seats.ts';

export type Step = 'prepare' | 'activate' | 'retire';

export interface Schedule {
  /** Share of the issuer's life after which its successor is prepared; undefined: never. */
  readonly rotateAfter: number | undefined;
  readonly isPaused: boolean;
}

/** The step that is due now. */
export function nextStep(scene: Scene, { rotateAfter, isPaused }: Schedule): Step | undefined {
  const active = seatIn(scene.seats, 'active');
  const phase = phaseOf(scene.seats);
  if (active === undefined) return undefined;
  if (phase === 'idle') {
    if (rotateAfter === undefined || isPaused) return undefined;
    return scene.now >= dueAt(active.authority, rotateAfter) ? 'prepare' : undefined;
  }
  if (phase === 'prepared') {
    if (seatIn(scene.seats, 'prepared')?.record.begunBy !== 'schedule') return undefined;
    return judgeActivate(scene, false).ok ? 'activate' : undefined;
  }
  if (active.record.begunBy !== 'schedule') return undefined;
  return judgeRetire(scene).ok ? 'retire' : undefined;
}

/** When the successor of this authority is prepared. */
export function dueAt({ certificate, endsAt }: Authority, rotateAfter: number): number {
  return certificate.notBefore + (endsAt - certificate.notBefore) * rotateAfter;
}

/** Whether this authority can sign a leaf of the shortest life. */
export function canSign({ certificate, endsAt }: Authority, ttlMin: Seconds, now: EpochSeconds): boolean {
  return now >= certificate.notBefore && endsAt - now >= ttlMin;
}
