/** A map that keeps what was used last: of more entries than it may hold the longest unused ones go. Pure bookkeeping. */
export interface Latest<Value> {
  /** The value, which is now the one used last. */
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  /** Those that are over go at once. */
  prune(isOver: (value: Value) => boolean): void;
  values(): Iterable<Value>;
}

/** Empty; holds at most `most` entries. */
export function createLatest<Value>(most: number): Latest<Value> {
  // A Map iterates in the order of insertion: the first key is the one that was longest unused.
  const entries = new Map<string, Value>();

  function put(key: string, value: Value): void {
    entries.delete(key);
    entries.set(key, value);
    const [oldest] = entries.keys();
    if (entries.size > most && oldest !== undefined) entries.delete(oldest);
  }

  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) put(key, value);
      return value;
    },
    set: put,
    delete: (key) => void entries.delete(key),
    prune(isOver) {
      for (const [key, value] of entries) if (isOver(value)) entries.delete(key);
    },
    values: () => entries.values(),
  };
}
