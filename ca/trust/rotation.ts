/**
 * Whether a step of a root rotation may be taken, and who holds it up (DESIGN section 4.4). Pure.
 * Never judges by what was not heard: an instance that has not acknowledged since the CA's start has not acknowledged.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { LiveCertificate } from '../journal/record.ts';
import { moved, seatIn, type Seat } from './seats.ts';

/** What an instance said last. */
export interface Heard {
  /** The bundle that it runs on. */
  readonly generation: number;
  /** Place in its lineage of the certificate with which it said so. */
  readonly sequence: number;
}

export interface Scene {
  readonly seats: readonly Seat[];
  readonly live: readonly LiveCertificate[];
  readonly heard: (lineageId: string) => Heard | undefined;
  readonly now: EpochSeconds;
}

/** `idle`: one root; `prepared`: the next one is published; `overlap`: it signs, and the last one is still trusted. */
export type Phase = 'idle' | 'prepared' | 'overlap';

/** The phase of these seats. */
export function phaseOf(seats: readonly Seat[]): Phase {
  if (seatIn(seats, 'prepared') !== undefined) return 'prepared';
  return seatIn(seats, 'retired') === undefined ? 'idle' : 'overlap';
}

/** Instances with an unexpired certificate that have not acknowledged this generation, or a later one. */
export function missing(
  { live, heard }: Pick<Scene, 'live' | 'heard'>,
  generation: number,
): readonly LiveCertificate[] {
  return live.filter(({ isHead, lineageId }) => isHead && !((heard(lineageId)?.generation ?? 0) >= generation));
}

/** Certificates that are still used and chain to the root of this seat. One whose instance has spoken with its successor
 *  since is used by nobody any more. */
export function holding({ seats, live, heard }: Omit<Scene, 'now'>, seat: Seat): readonly LiveCertificate[] {
  const root = seat.authority.root.thumbprint;
  const signers = new Set(
    seats.filter(({ authority }) => authority.root.thumbprint.equals(root)).map(({ record }) => record.thumbprint),
  );
  return live.filter(
    ({ authority, lineageId, sequence }) => signers.has(authority) && !((heard(lineageId)?.sequence ?? -1) > sequence),
  );
}

/** Whether a new root may be made. Refuses: SIGNER_PHASE. */
export function judgePrepare(seats: readonly Seat[]): Outcome<void> {
  const phase = phaseOf(seats);
  if (phase === 'prepared') return refuse('SIGNER_PHASE', 'a root is prepared already: activate it, or roll it back');
  if (phase === 'overlap') return refuse('SIGNER_PHASE', 'the last root is not retired yet: retire it first');
  return admit(undefined);
}

export interface Activation {
  readonly next: Seat;
  readonly last: Seat;
  /** Who was overridden by force. */
  readonly missing: readonly LiveCertificate[];
}

/** Whether the prepared authority may sign. Refuses: SIGNER_PHASE | SIGNER_HELD, naming who has not acknowledged. */
export function judgeActivate(scene: Scene, force: boolean): Outcome<Activation> {
  const next = seatIn(scene.seats, 'prepared');
  const last = seatIn(scene.seats, 'active');
  if (next === undefined || last === undefined)
    return refuse('SIGNER_PHASE', 'no root is prepared: `cleat rotate prepare`');
  const { certificate, endsAt } = next.authority;
  if (scene.now >= endsAt) return refuse('SIGNER_PHASE', `the prepared authority ended at ${endsAt}: roll it back`);
  if (scene.now < certificate.notBefore)
    return refuse('SIGNER_PHASE', `the prepared authority begins at ${certificate.notBefore}`);
  const waiting = missing(scene, next.record.publishedAt);
  if (waiting.length > 0 && !force) {
    const names = describe(waiting, scene.heard);
    return refuse(
      'SIGNER_HELD',
      `${waiting.length} have not acknowledged bundle ${next.record.publishedAt}: ${names}. Mend or end them, wait for the end of their certificates, or override with --force: they will trust nobody who renews`,
    );
  }
  return admit({ next, last, missing: waiting });
}

/** The seat whose root may leave the bundle. Refuses: SIGNER_PHASE | SIGNER_HELD, naming whose certificates chain to it. */
export function judgeRetire(scene: Scene): Outcome<Seat> {
  const last = seatIn(scene.seats, 'retired');
  if (last === undefined)
    return refuse('SIGNER_PHASE', 'no root is on its way out: `cleat rotate activate` comes first');
  const holders = holding(scene, last);
  if (holders.length === 0) return admit(last);
  return refuse(
    'SIGNER_HELD',
    `${holders.length} live certificates chain to it: ${describe(holders, scene.heard)}. Renew them (\`cleat renew\`), or wait for their end`,
  );
}

/** The seats after a step back: a prepared root is given up, or the last one signs again.
 *  Refuses: SIGNER_PHASE (nothing to take back, or the last one has ended). */
export function judgeRollback({ seats, now }: Pick<Scene, 'seats' | 'now'>): Outcome<Rollback> {
  const prepared = seatIn(seats, 'prepared');
  if (prepared !== undefined) return admit({ kind: 'given-up', seat: prepared });
  const last = seatIn(seats, 'retired');
  const active = seatIn(seats, 'active');
  if (last === undefined || active === undefined)
    return refuse('SIGNER_PHASE', 'nothing to take back: no rotation is under way');
  if (now >= last.authority.endsAt)
    return refuse('SIGNER_PHASE', `the last authority ended at ${last.authority.endsAt}: it cannot sign again`);
  return admit({ kind: 'reactivated', next: last, last: active });
}

export type Rollback =
  | { readonly kind: 'given-up'; readonly seat: Seat }
  | { readonly kind: 'reactivated'; readonly next: Seat; readonly last: Seat };

/** The two seats after `next` began to sign in the place of `last`. */
export function exchanged(next: Seat, last: Seat, voucher: Buffer | undefined): readonly Seat[] {
  return [
    moved(next, 'active', { voucher: voucher === undefined ? undefined : new Uint8Array(voucher) }),
    moved(last, 'retired'),
  ];
}

const NAMED_MOST = 5;

function describe(found: readonly LiveCertificate[], heard: Scene['heard']): string {
  const named = found.slice(0, NAMED_MOST).map(({ spiffeId, lineageId, serial, notAfter }) => {
    const generation = heard(lineageId)?.generation;
    const runs = generation === undefined ? 'not heard of' : `on bundle ${generation}`;
    return `${spiffeId} (lineage ${lineageId}, serial ${serial}, ${runs}, ends ${new Date(notAfter * 1000).toISOString()})`;
  });
  const more = found.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
