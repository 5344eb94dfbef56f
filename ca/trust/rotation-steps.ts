/**
 * What each step of a root rotation changes, once the rules allow it (rotation.ts). `prepare` makes its root on the disk
 * here, unknown to anybody; everything else happens when the desk takes the step.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Facts } from '../../runtime/audit/line.ts';
import type { IssuerMaterial } from '../signer/issuer-files.ts';
import { makeNextRoot, type OwnRootsDeps } from '../signer/own-roots.ts';
import { draftVoucher } from '../signer/voucher.ts';
import type { Authorities, SeatChange } from './authorities.ts';
import { adoptIssuer, isAdopted } from './issuer-adoption.ts';
import { exchanged, judgeActivate, judgePrepare, judgeRetire, judgeRollback, type Scene } from './rotation.ts';
import { moved, seatIn, type Seat } from './seats.ts';

/** Who takes the step: it is in the audit, and the schedule goes on only with what it began. */
export type Actor = 'operator' | 'schedule';

export interface StepDeps extends OwnRootsDeps {
  readonly source: 'own' | 'files';
  readonly authorities: Authorities;
}

/** A step that may be taken. */
export interface PlannedStep {
  readonly kind: 'prepare' | 'activate' | 'retire' | 'give-up' | 'rollback' | 'issuer-files';
  readonly facts: Facts;
  readonly change: SeatChange;
  /** The root that leaves the bundle. */
  readonly dropped?: Seat;
  /** Something was overridden: the log says it louder. */
  readonly isForced?: boolean;
}

/** Refuses: SIGNER_PHASE. */
export function planPrepare(by: Actor, deps: StepDeps): Outcome<PlannedStep> {
  if (deps.source === 'files') return fromFiles();
  const allowed = judgePrepare(deps.authorities.seats());
  if (!allowed.ok) return allowed;
  const seat = makeNextRoot(by, deps);
  return admit({ kind: 'prepare', facts: { by, ...factsOf(seat) }, change: { seats: [seat], isPaused: false } });
}

/** Refuses: SIGNER_PHASE | SIGNER_HELD. */
export function planActivate(
  order: { readonly by: Actor; readonly force: boolean },
  scene: Scene,
  deps: StepDeps,
): Outcome<PlannedStep> {
  if (deps.source === 'files' && seatIn(scene.seats, 'prepared') === undefined) return nothingInFiles();
  const judged = judgeActivate(scene, order.force);
  if (!judged.ok) return judged;
  const { next, last, missing } = judged.value;
  return admit({
    kind: 'activate',
    facts: { by: order.by, ...factsOf(next), overridden: missing.length },
    change: { seats: exchanged(next, last, vouch(next, last, deps)) },
    isForced: missing.length > 0,
  });
}

/** Refuses: SIGNER_PHASE | SIGNER_HELD. */
export function planRetire(by: Actor, scene: Scene, { source }: Pick<StepDeps, 'source'>): Outcome<PlannedStep> {
  if (source === 'files' && seatIn(scene.seats, 'retired') === undefined) return nothingInFiles();
  const judged = judgeRetire(scene);
  if (!judged.ok) return judged;
  const dropped = moved(judged.value, 'dropped');
  return admit({ kind: 'retire', facts: { by, ...factsOf(dropped) }, change: { seats: [dropped] }, dropped });
}

/** Refuses: SIGNER_PHASE. */
export function planRollback(by: Actor, deps: StepDeps): Outcome<PlannedStep> {
  const judged = judgeRollback({ seats: deps.authorities.seats(), now: wholeSeconds(deps.clock.now()) });
  if (!judged.ok) return judged;
  if (deps.source === 'files') return fromFiles();
  if (judged.value.kind === 'given-up') {
    const dropped = moved(judged.value.seat, 'dropped');
    const change = { seats: [dropped], isPaused: true };
    return admit({ kind: 'give-up', facts: { by, ...factsOf(dropped) }, change, dropped });
  }
  const { next, last } = judged.value;
  const seats = exchanged(next, last, vouch(next, last, deps));
  return admit({ kind: 'rollback', facts: { by, ...factsOf(next) }, change: { seats, isPaused: true } });
}

/** Undefined where the CA runs on these very files already. */
export function planAdoption({ authority, roots }: IssuerMaterial, { authorities }: StepDeps): PlannedStep | undefined {
  if (isAdopted({ seats: authorities.seats(), announced: authorities.announced() }, { authority, roots }))
    return undefined;
  return {
    kind: 'issuer-files',
    facts: {
      authority: authority.certificate.thumbprint.toString('hex'),
      notAfter: authority.endsAt,
      roots: roots.length,
    },
    change: { seats: adoptIssuer(authorities.seats(), authority), announced: roots },
  };
}

const fromFiles = (): Outcome<never> =>
  refuse('SIGNER_PHASE', 'the issuer comes from files: what lies in them is what is prepared (docs/rotation.md)');

const nothingInFiles = (): Outcome<never> =>
  refuse(
    'SIGNER_PHASE',
    'the issuer comes from files, and what lies in them signs already: put the next root into `roots`, and the next issuer into its files once all have acknowledged; it signs by itself (docs/rotation.md)',
  );

function factsOf({ record, authority }: Seat): Facts {
  return { authority: record.thumbprint, notAfter: authority.endsAt };
}

/** Only a root of ours can vouch, a root elsewhere has its key elsewhere; and only one that has not ended. */
function vouch(next: Seat, before: Seat, { trustDomain, random, clock }: StepDeps): Buffer | undefined {
  const now = wholeSeconds(clock.now());
  if (before.record.folder === undefined || now >= before.authority.endsAt) return undefined;
  const by = before.authority.certificate;
  return before.authority.sign(draftVoucher({ trustDomain, by, next: next.authority.root, now, random }));
}
