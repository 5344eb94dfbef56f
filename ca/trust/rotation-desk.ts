/**
 * The steps of a root rotation as verbs: reads who is there, asks the rules (rotation.ts), says it in the audit, makes it
 * so. One step at a time. The control socket calls it, and the schedule; whoever else administers the CA can.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Facts } from '../../runtime/audit/line.ts';
import type { Journal } from '../journal/journal.ts';
import { forgetRoot, makeNextRoot, type OwnRootsDeps } from '../signer/own-roots.ts';
import { draftVoucher } from '../signer/voucher.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { Authorities, SeatChange } from './authorities.ts';
import {
  exchanged,
  judgeActivate,
  judgePrepare,
  judgeRetire,
  judgeRollback,
  phaseOf,
  type Phase,
  type Scene,
} from './rotation.ts';
import { describeRotation, type RotationStatus } from './rotation-status.ts';
import { moved, type Seat } from './seats.ts';

/** Who takes the step: it is in the audit, and the schedule goes on only with what it began. */
export type Actor = 'operator' | 'schedule';

/** Each verb gives the phase after it. All refuse: SIGNER_PHASE, and what audit and journal refuse. */
export interface RotationDesk {
  /** Makes a new root and publishes it. */
  prepare(by: Actor): Promise<Outcome<Phase>>;
  /** The prepared root signs from now on. Refuses: SIGNER_HELD, unless forced. */
  activate(by: Actor, options?: { readonly force: boolean }): Promise<Outcome<Phase>>;
  /** The last root leaves the bundle, and its key is destroyed. Refuses: SIGNER_HELD. */
  retire(by: Actor): Promise<Outcome<Phase>>;
  /** Gives a prepared root up, or lets the last one sign again; then the schedule rests until the next `prepare`. */
  rollback(by: Actor): Promise<Outcome<Phase>>;
  status(): Promise<Outcome<RotationStatus>>;
  /** All that the rules look at. */
  look(): Promise<Outcome<Scene>>;
}

export interface RotationDeps extends OwnRootsDeps {
  readonly source: 'own' | 'files';
  readonly trustDomain: TrustDomain;
  readonly random: RandomBytes;
  readonly authorities: Authorities;
  readonly journal: Pick<Journal, 'listLive'>;
  readonly acknowledgements: Pick<Acknowledgements, 'heard'>;
  readonly audit: Audit;
}

/** The desk over the authorities of a CA. */
export function createRotationDesk(deps: RotationDeps): RotationDesk {
  const { authorities, journal, acknowledgements, clock, source } = deps;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: a step is judged by what the last one left. */
  function inTurn<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  async function look(): Promise<Outcome<Scene>> {
    const live = await journal.listLive();
    if (!live.ok) return live;
    const heard = (lineageId: string) => acknowledgements.heard(lineageId);
    return admit({ seats: authorities.seats(), live: live.value, heard, now: wholeSeconds(clock.now()) });
  }

  async function take(step: StepTaken, change: SeatChange): Promise<Outcome<Phase>> {
    const { kind, by, facts } = step;
    const said = deps.audit.record(`rotation-${kind}`, { by, ...facts });
    if (!said.ok) return said;
    const done = await authorities.change(change);
    if (!done.ok) return done;
    const phase = phaseOf(authorities.seats());
    const overridden = facts['overridden'] !== undefined && facts['overridden'] !== 0;
    deps.log[overridden ? 'warn' : 'info'](`rotation: ${kind}`, { by, phase, ...facts, ...authorities.bundle() });
    return admit(phase);
  }

  return {
    look,
    prepare: (by) =>
      inTurn(async () => {
        if (source === 'files') return refuse('SIGNER_PHASE', FROM_FILES);
        const allowed = judgePrepare(authorities.seats());
        if (!allowed.ok) return allowed;
        const seat = makeNextRoot(by, deps);
        return take({ kind: 'prepare', by, facts: factsOf(seat) }, { seats: [seat], isPaused: false });
      }),
    activate: (by, { force } = { force: false }) =>
      inTurn(async () => {
        const scene = await look();
        if (!scene.ok) return scene;
        const judged = judgeActivate(scene.value, force);
        if (!judged.ok) return judged;
        const { next, last: before, missing } = judged.value;
        const facts = { ...factsOf(next), overridden: missing.length };
        const seats = exchanged(next, before, vouch(next, before, deps));
        return take({ kind: 'activate', by, facts }, { seats });
      }),
    retire: (by) =>
      inTurn(async () => {
        const scene = await look();
        if (!scene.ok) return scene;
        const judged = judgeRetire(scene.value);
        if (!judged.ok) return judged;
        const dropped = moved(judged.value, 'dropped');
        const done = await take({ kind: 'retire', by, facts: factsOf(dropped) }, { seats: [dropped] });
        if (done.ok) forget(dropped, deps);
        return done;
      }),
    rollback: (by) =>
      inTurn(async () => {
        const judged = judgeRollback({ seats: authorities.seats(), now: wholeSeconds(clock.now()) });
        if (!judged.ok) return judged;
        if (judged.value.kind === 'given-up') {
          if (source === 'files') return refuse('SIGNER_PHASE', FROM_FILES);
          const dropped = moved(judged.value.seat, 'dropped');
          const done = await take(
            { kind: 'give-up', by, facts: factsOf(dropped) },
            { seats: [dropped], isPaused: true },
          );
          if (done.ok) forget(dropped, deps);
          return done;
        }
        const { next, last: before } = judged.value;
        if (source === 'files') return refuse('SIGNER_PHASE', FROM_FILES);
        const seats = exchanged(next, before, vouch(next, before, deps));
        return take({ kind: 'rollback', by, facts: factsOf(next) }, { seats, isPaused: true });
      }),
    async status() {
      const scene = await look();
      return scene.ok ? admit(describeRotation(scene.value, { source, ...authorities.bundle() })) : scene;
    },
  };
}

interface StepTaken {
  readonly kind: string;
  readonly by: Actor;
  readonly facts: Facts;
}

const FROM_FILES = 'the issuer comes from files: what lies in them is what is prepared (docs/rotation.md)';

function factsOf({ record, authority }: Seat): Facts {
  return { authority: record.thumbprint, notAfter: authority.endsAt };
}

/** Only a root of ours can vouch, a root elsewhere has its key elsewhere; and only one that has not ended. */
function vouch(next: Seat, before: Seat, { trustDomain, random, clock }: RotationDeps): Buffer | undefined {
  if (before.record.folder === undefined || wholeSeconds(clock.now()) >= before.authority.endsAt) return undefined;
  const by = before.authority.certificate;
  return before.authority.sign(draftVoucher({ trustDomain, by, next: next.authority.root, random }));
}

function forget({ record }: Seat, deps: RotationDeps): void {
  if (record.folder !== undefined) forgetRoot(record.folder, deps);
}
