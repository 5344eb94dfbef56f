/** What a step of the story is, and what comes of it. */
import type { Stage } from './stage.ts';

/** JSON values only: it is printed. */
export type Detail = Readonly<Record<string, unknown>>;

export interface Observation {
  /** In the words of `expected`. */
  readonly observed: string;
  /** True if everything else that the step looks at was as it should be, too. */
  readonly holds: boolean;
  /** Why, in the words of the sidecar: for the line on the terminal. */
  readonly reason: string;
  readonly detail: Detail;
}

export interface Step {
  readonly id: string;
  /** What is tried, for the line on the terminal. */
  readonly tried: string;
  readonly expected: string;
  play(stage: Stage): Promise<Observation>;
}

export interface StepResult {
  readonly id: string;
  readonly expected: string;
  readonly observed: string;
  readonly ok: boolean;
  readonly detail: Detail;
}

export interface Played extends StepResult {
  readonly tried: string;
  readonly reason: string;
}

/** Plays one step. Never rejects: what breaks is the observation. */
export async function play(step: Step, stage: Stage): Promise<Played> {
  const { id, tried, expected } = step;
  try {
    const { observed, holds, reason, detail } = await step.play(stage);
    return { id, tried, expected, observed, ok: holds && observed === expected, reason, detail };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { id, tried, expected, observed: 'broke', ok: false, reason, detail: { problem: reason } };
  }
}
