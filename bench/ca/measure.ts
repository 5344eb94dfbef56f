/** One window of load against one process: CPU an issue and rate, dropped and repeated where the host stole time. */
import { cpuOf, watchSteal } from '../cpu.ts';
import type { Window } from '../pool.ts';

export interface Figures {
  /** CPU milliseconds of the measured process, all threads, per issue. */
  readonly cpu: number;
  /** Issues a second. */
  readonly rate: number;
  readonly latencies: readonly number[];
  readonly seconds: number;
}

export interface Measured {
  readonly pid: number;
  /** Makes all that must not fall into the window. */
  readonly prepare: () => Promise<unknown>;
  readonly run: () => Promise<Window>;
}

/** A window with more of the host's time stolen than this says nothing. */
const STEAL_MOST = 0.1;
const TRIES = 3;

export interface Bench {
  /** Windows dropped so far. */
  readonly dropped: () => number;
  measure(measured: Measured): Promise<Figures>;
}

const QUIET_MS = 100;
const QUIET_LOOKS = 20;

/** Until the process has done what went before: the handshakes that a fleet made leave work for the collector, and that
 *  is not the price of an issue. At most two seconds, for whoever never rests. */
async function settle(pid: number): Promise<void> {
  let before = cpuOf(pid);
  for (let looks = 0; looks < QUIET_LOOKS; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const now = cpuOf(pid);
    if (now - before < QUIET_MS / 50) return;
    before = now;
  }
}

/** Counts what it drops. Throws where a call failed: such a window is void, and so is the claim. */
export function createBench(): Bench {
  let dropped = 0;
  async function once({
    pid,
    prepare,
    run,
  }: Measured): Promise<{ readonly figures: Figures; readonly stolen: number }> {
    await prepare();
    await settle(pid);
    const steal = watchSteal();
    const before = cpuOf(pid);
    const window = await run();
    const used = cpuOf(pid) - before;
    if (window.failures > 0) throw new Error(`${window.failures} calls failed: ${window.firstFailure}`);
    const issues = window.latencies.length;
    const { seconds, latencies } = window;
    return { figures: { cpu: used / issues, rate: issues / seconds, latencies, seconds }, stolen: steal() };
  }
  return {
    dropped: () => dropped,
    async measure(measured) {
      for (let left = TRIES; ; left -= 1) {
        const { figures, stolen } = await once(measured);
        if (stolen <= STEAL_MOST || left <= 1) return figures;
        dropped += 1;
      }
    },
  };
}
