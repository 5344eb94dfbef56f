/** How load is offered: so many callers at once, or at fixed times. Counts failures; a window with one is void. */
export interface Window {
  readonly seconds: number;
  readonly failures: number;
  /** Milliseconds of each work: from its scheduled time where it had one. */
  readonly latencies: readonly number[];
  readonly firstFailure: string | undefined;
}

/** `callers` at once, each taking the next work as soon as its last one is done. */
export async function runClosed<T>(
  work: readonly T[],
  callers: number,
  run: (item: T) => Promise<void>,
): Promise<Window> {
  const record = createRecord();
  let next = 0;
  async function caller(): Promise<void> {
    for (let place = next++; place < work.length; place = next++) await record.time(() => run(work[place] as T));
  }
  await Promise.all(Array.from({ length: callers }, caller));
  return record.close();
}

/** Each work at its own time, evenly over `overMs`; 0: all at once. */
export async function runScheduled<T>(
  work: readonly T[],
  overMs: number,
  run: (item: T) => Promise<void>,
): Promise<Window> {
  const record = createRecord();
  const step = overMs / work.length;
  const begin = performance.now();
  const all = work.map(async (item, place) => {
    const due = begin + place * step;
    const wait = due - performance.now();
    if (overMs > 0 && wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    await record.time(() => run(item), due);
  });
  await Promise.all(all);
  return record.close();
}

function createRecord() {
  const begin = performance.now();
  const latencies: number[] = [];
  let failures = 0;
  let firstFailure: string | undefined;
  return {
    async time(run: () => Promise<void>, since = performance.now()): Promise<void> {
      try {
        await run();
        latencies.push(performance.now() - since);
      } catch (cause) {
        failures += 1;
        firstFailure ??= String(cause);
      }
    },
    close: (): Window => ({ seconds: (performance.now() - begin) / 1000, failures, latencies, firstFailure }),
  };
}
