/** Several services as one: they start, drain and end at the same time, so that one that waits holds up no other. */
import type { Service } from './lifecycle.ts';

/** A service of these parts. `start` throws what the first of them throws that cannot start. */
export function together(name: string, parts: readonly Service[]): Service {
  const all = async (act: (part: Service) => Promise<void>): Promise<void> => {
    await Promise.all(parts.map(act));
  };
  return {
    name,
    start: (signal) => all((part) => part.start(signal)),
    drain: (deadline) => all((part) => part.drain(deadline)),
    [Symbol.asyncDispose]: () => all((part) => part[Symbol.asyncDispose]()),
  };
}
