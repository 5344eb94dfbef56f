/** The steps of the story in their order, and their performance. */
import type { Io } from '../io.ts';
import { measureMemory } from './measure.ts';
import type { Mesh } from './mesh.ts';
import { measuredLine, stepLine, storyJson, tryText, type Measured } from './report.ts';
import { takeStage } from './stage.ts';
import { play, type Played, type Step } from './step.ts';
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
  /** One object on standard output; everything for people goes to standard error. */
  readonly isJson: boolean;
  readonly onJson: () => void;
  /** False: the demo ends with the story, and there is nothing to try. */
  readonly isStaying: boolean;
}

/** Plays every step, prints what came of it, then what the sidecars cost and what can be tried by hand. True if every
 *  step came out as expected. */
export async function perform(mesh: Mesh, { io, isJson, onJson, isStaying }: Audience): Promise<boolean> {
  const say = (text: string): void => (isJson ? io.err(text) : io.out(text));
  const measured = await measure(mesh);
  const stage = await takeStage(mesh, io.clock);
  const played: Played[] = [];
  for (const step of STORY) {
    const result = await play(step, stage);
    played.push(result);
    say(stepLine(result, io.isTerminal && !isJson));
  }
  if (isJson) io.out(storyJson(played));
  onJson();
  for (const one of measured) say(measuredLine(one));
  if (isStaying) say(tryText(mesh.layout));
  return played.every(({ ok }) => ok);
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
