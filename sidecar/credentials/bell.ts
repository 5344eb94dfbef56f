/** Ends the waiting of one who waits, from elsewhere: a loop that rests until its next try is called when it is worth it. */
export interface Bell {
  ring(): void;
  /** Aborts at the next ring. */
  next(): AbortSignal;
}

/** A bell that has not rung. */
export function createBell(): Bell {
  let coming = new AbortController();
  return {
    ring() {
      const rung = coming;
      coming = new AbortController();
      rung.abort();
    },
    next: () => coming.signal,
  };
}
