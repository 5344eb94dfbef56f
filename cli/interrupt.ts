/** When a verb that stays has to end: a signal, or the death of whoever started it. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT_CHECK_MS = 250;

export interface Interrupt extends Disposable {
  /** Aborts once; its reason is the name of the signal, or `parent`. */
  readonly signal: AbortSignal;
}

/** Listens until disposed of. A second signal ends the process at once with 128 plus its number, as a shell expects. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const parent = process.ppid;
  const onSignal = (name: NodeJS.Signals, number: number): void => {
    if (controller.signal.aborted) process.exit(128 + number);
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  // npm and shells die of a signal without passing it on; then we belong to somebody else, and nobody waits for us.
  const watch = setInterval(() => {
    if (process.ppid !== parent && !controller.signal.aborted) controller.abort('parent');
  }, PARENT_CHECK_MS);
  watch.unref();
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearInterval(watch);
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

/** Resolves when the signal aborts; at once if it already has. */
export function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
