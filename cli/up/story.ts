/** The steps of the story in their order, and their performance. */
import type { Io } from '../io.ts';
import { measureMemory } from './measure.ts';
import type { Mesh } from './mesh.ts';
import { measuredLine, stepLine, tryText, type Measured } from './report.ts';
import { takeStage } from './stage.ts';
import { play, type Played, type Step } from './step.ts';
import { DemoFailure } from './until.ts';
import { auditJoins } from './steps/audit.ts';
import { forgedHeader } from './steps/headers.ts';
import { foreignCa, noClientCertificate } from './steps/peer.ts';
import { rotationUnderLoad } from './steps/rotation.ts';
import {
  boundToken,
  expiredToken,
  missingScope,
  stolenToken,
  tamperedToken,
  unboundToken,
  wrongAudience,
} from './steps/token.ts';

const STORY: readonly Step[] = [
  boundToken,
  noClientCertificate,
  foreignCa,
  stolenToken,
  unboundToken,
  tamperedToken,
  expiredToken,
  wrongAudience,
  missingScope,
  forgedHeader,
  rotationUnderLoad,
  auditJoins,
];

export interface Audience {
  readonly io: Io;
  /** Standard output is kept for the one object: everything for people goes to standard error. */
  readonly isJson: boolean;
  /** False: the demo ends with the story, and there is nothing to try. */
  readonly isStaying: boolean;
}

/** Plays every step, prints what came of it, then what the sidecars cost and what can be tried by hand.
 *  Throws `DemoFailure` when the demo ends meanwhile. */
export async function perform(mesh: Mesh, { io, isJson, isStaying }: Audience): Promise<readonly Played[]> {
  const say = (text: string): void => (isJson ? io.err(text) : io.out(text));
  const measured = await measure(mesh);
  const stage = await takeStage(mesh, io.clock);
  const played: Played[] = [];
  for (const step of STORY) {
    const result = await play(step, stage);
    if (mesh.ending.aborted) throw new DemoFailure('the demo is ending');
    played.push(result);
    say(stepLine(result, io.isTerminal && !isJson));
  }
  for (const one of measured) say(measuredLine(one));
  if (isStaying) say(tryText(mesh.layout));
  return played;
}

/** At rest: both sidecars serve, and nobody has called but to see that they do. */
function measure({ sidecars, firstServed }: Mesh): Promise<readonly Measured[]> {
  return Promise.all(
    (['payments', 'agent'] as const).map(async (pod) => ({
      pod,
      memory: await measureMemory(sidecars[pod].pid),
      firstServedMs: firstServed[pod],
    })),
  );
}
