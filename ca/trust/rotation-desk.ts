/**
 * The steps of a root rotation as verbs: sees who is there, plans (rotation-steps.ts), says it in the audit, makes it so.
 * One step at a time. The control socket calls it, an administrator, the schedule, and whoever follows an issuer's files.
 */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import type { RevocationIndex } from '../../core/identity/revocation.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Journal } from '../journal/journal.ts';
import type { LiveCertificate } from '../journal/record.ts';
import { checkIssuedUnrevoked } from '../policy/unrevoked.ts';
import type { IssuerMaterial } from '../signer/issuer-files.ts';
import { forgetRoot } from '../signer/own-roots.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { RevocationSource } from './revocations.ts';
import { phaseOf, type Phase, type Scene } from './rotation.ts';
import { describeRotation, type RotationStatus } from './rotation-status.ts';
import {
  planActivate,
  planAdoption,
  planPrepare,
  planRetire,
  planRollback,
  type Actor,
  type PlannedStep,
  type StepDeps,
} from './rotation-steps.ts';

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
  /** Takes an issuer from files, says whether that changed anything. */
  adopt(material: IssuerMaterial): Promise<Outcome<'adopted' | 'in-use'>>;
  status(): Promise<Outcome<RotationStatus>>;
  /** All that the rules look at. */
  look(): Promise<Outcome<Scene>>;
}

export interface RotationDeps extends StepDeps {
  readonly journal: Pick<Journal, 'listLive'>;
  readonly acknowledgements: Pick<Acknowledgements, 'heard'>;
  readonly revocations: Pick<RevocationSource, 'current'>;
  readonly audit: Audit;
}

/** The desk over the authorities of a CA. */
export function createRotationDesk(deps: RotationDeps): RotationDesk {
  const { authorities, source } = deps;
  const inTurn = createTurns();
  const look = (): Promise<Outcome<Scene>> => observe(deps);
  const step = (plan: () => Outcome<PlannedStep>): Promise<Outcome<Phase>> =>
    inTurn(async () => {
      const planned = plan();
      return planned.ok ? take(planned.value, deps) : planned;
    });
  const stepIn = (plan: (scene: Scene) => Outcome<PlannedStep>): Promise<Outcome<Phase>> =>
    inTurn(async () => {
      const scene = await look();
      if (!scene.ok) return scene;
      const planned = plan(scene.value);
      return planned.ok ? take(planned.value, deps) : planned;
    });
  return {
    look,
    prepare: (by) => step(() => planPrepare(by, deps)),
    activate: (by, { force } = { force: false }) => stepIn((scene) => planActivate({ by, force }, scene, deps)),
    retire: (by) => stepIn((scene) => planRetire(by, scene, deps)),
    rollback: (by) => step(() => planRollback(by, deps)),
    adopt: (material) =>
      inTurn(async () => {
        const planned = planAdoption(material, deps);
        if (planned === undefined) return admit('in-use');
        const done = await take(planned, deps);
        return done.ok ? admit('adopted') : done;
      }),
    async status() {
      const scene = await look();
      return scene.ok ? admit(describeRotation(scene.value, { source, ...authorities.bundle() })) : scene;
    },
  };
}

type Turns = <T>(work: () => Promise<Outcome<T>>) => Promise<Outcome<T>>;

/** One after the other: a step is judged by what the last one left. */
function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

async function observe(deps: RotationDeps): Promise<Outcome<Scene>> {
  const { authorities, journal, acknowledgements, revocations, clock } = deps;
  const listed = await journal.listLive();
  if (!listed.ok) return listed;
  const live = listed.value.filter((each) => isUsable(each, revocations.current()));
  const heard = (lineageId: string) => acknowledgements.heard(lineageId);
  return admit({ seats: authorities.seats(), live, heard, now: wholeSeconds(clock.now()) });
}

/** Nobody deals with a revoked certificate any more, if it is revoked to its very end. */
function isUsable(issued: LiveCertificate, revoked: Pick<RevocationIndex, 'ofPeer'>): boolean {
  const id = parseSpiffeId(issued.spiffeId);
  return !id.ok || checkIssuedUnrevoked({ id: id.value, issued }, revoked, issued.notAfter).ok;
}

async function take(step: PlannedStep, deps: RotationDeps): Promise<Outcome<Phase>> {
  const { kind, facts, change, dropped, isForced = false } = step;
  const said = deps.audit.record(`rotation-${kind}`, facts);
  if (!said.ok) return said;
  const done = await deps.authorities.change(change);
  if (!done.ok) return done;
  if (dropped?.record.folder !== undefined) forgetRoot(dropped.record.folder, deps);
  const phase = phaseOf(deps.authorities.seats());
  const { generation, isPaused } = deps.authorities.bundle();
  deps.log[isForced ? 'warn' : 'info'](`rotation: ${kind}`, { ...facts, phase, generation, isPaused });
  return admit(phase);
}
