/** Waiting that a signal can end. Timers are monotonic; what they wait for is judged by the wall clock afterwards. */
import { setTimeout } from 'node:timers/promises';

import type { Milliseconds } from '../../core/time/units.ts';

/** Resolves after `span`, or at once when the signal aborts; the caller looks which. */
export async function rest(span: Milliseconds, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(span, undefined, { signal });
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}
