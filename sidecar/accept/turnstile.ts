/**
 * Lets through so many in one turn of the loop, and the rest in the turns that follow, in their order. A handshake holds
 * the loop for some 3 ms: a hundred that begin at once would be a quarter of a second in which nobody is served.
 */
export interface Turnstile<T> {
  push(one: T): void;
  /** Nobody that waits is let through any more. */
  close(): void;
}

/** `perTurn` at least 1. The caller bounds how many wait. */
export function createTurnstile<T>(perTurn: number, pass: (one: T) => void): Turnstile<T> {
  let waiting: T[] = [];
  let passed = 0;
  let isScheduled = false;

  function nextTurn(): void {
    isScheduled = false;
    passed = 0;
    for (const one of waiting.splice(0, perTurn)) go(one);
  }

  function go(one: T): void {
    passed += 1;
    schedule();
    pass(one);
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(nextTurn);
  }

  return {
    push(one) {
      if (passed < perTurn && waiting.length === 0) go(one);
      else {
        waiting.push(one);
        schedule();
      }
    },
    close() {
      waiting = [];
    },
  };
}
