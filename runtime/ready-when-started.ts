/** The last in a list of services: when it is started, everything above it serves. */
import type { Service } from './lifecycle.ts';

/** Calls `met` at its start, and has nothing to end. */
export function readyWhenStarted(met: () => void): Service {
  return {
    name: 'ready',
    async start() {
      met();
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}
