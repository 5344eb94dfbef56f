/** Waits for something that another process does, by asking again: there is no event for it that reaches us. */
import { setTimeout } from 'node:timers/promises';

const AGAIN_MS = 10;
const DEADLINE_MS = 20_000;

/** What did not come in time, or what a process of the demo did not do. Its message is for the terminal. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** The first answer that is not undefined. Throws `DemoFailure` after 20 s or when `ending` aborts, and whatever `ask`
 *  throws. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, ending?: AbortSignal): Promise<T> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new DemoFailure(`waited ${DEADLINE_MS / 1000} s in vain: ${what}`);
    await pause(AGAIN_MS, ending);
  }
}

/** Waits a while. Throws `DemoFailure` when `ending` aborts before. */
export async function pause(span: number, ending: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(span, undefined, ending === undefined ? {} : { signal: ending });
  } catch (cause) {
    throw new DemoFailure('the demo is ending', { cause });
  }
}
