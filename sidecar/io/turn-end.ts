/**
 * What is to be done at the end of the present turn of the loop, once for all who asked. Writes that leave together wake
 * whoever reads them once, and not one after the other: half of what a small write costs is the waking.
 */
export interface Flushable {
  flush(): void;
}

export interface TurnEnd {
  /** Calls `flush` when the events of this turn have been handled. Ask once a turn. */
  add(one: Flushable): void;
}

/** Of the loop of this thread; `onFlushed` is called when all have been. */
export function createTurnEnd(onFlushed: () => void): TurnEnd {
  let waiting: Flushable[] = [];

  function flushAll(): void {
    const all = waiting;
    waiting = [];
    for (const one of all) one.flush();
    onFlushed();
  }

  return {
    add(one) {
      if (waiting.push(one) === 1) setImmediate(flushAll);
    },
  };
}
