/**
 * What a process still waits for before it may serve: a set of names. It holds no timer and asks nobody; the owners of
 * the names say when they are there and when they are lost.
 */
export interface Readiness {
  /** The name is there. A name that was never expected is a programmer's mistake (`TypeError`). */
  met(name: string): void;
  /** The name is lost again, or newly expected. */
  expect(name: string): void;
  /** From now on never ready again, whatever is met. */
  drain(): void;
  /** What is missing, in the order of the first list; `draining` once drain began. */
  pending(): readonly string[];
  isReady(): boolean;
  /** True once it was ready for the first time, and for ever. */
  isStarted(): boolean;
}

/** A readiness that waits for these names. */
export function createReadiness(names: readonly string[]): Readiness {
  const known = new Set(names);
  const missing = new Set(names);
  let isDraining = false;
  let started = names.length === 0;
  return {
    met(name) {
      if (!known.has(name)) throw new TypeError(`readiness never expected ${name}`);
      missing.delete(name);
      started ||= missing.size === 0;
    },
    expect(name) {
      known.add(name);
      missing.add(name);
    },
    drain() {
      isDraining = true;
    },
    pending() {
      const absent = [...known].filter((name) => missing.has(name));
      return isDraining ? [...absent, 'draining'] : absent;
    },
    isReady: () => missing.size === 0 && !isDraining,
    isStarted: () => started,
  };
}
