/** Waits for something that another process does, by asking again: there is no event for it that reaches us. */
const AGAIN_MS = 10;
const DEADLINE_MS = 20_000;

/** What did not come in time, or what a process of the demo did not do. Its message is for the terminal. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}

/** The first answer that is not undefined. Throws `DemoFailure` after 20 s, and whatever `ask` throws. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new DemoFailure(`waited ${DEADLINE_MS / 1000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
