/**
 * Puts refused requests for a certificate into the audit stream without letting a flood fill the disk: the first of each
 * kind is a line of its own, those of the next minute are one line with their count.
 */
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Evidence } from '../attest/attest.ts';

export interface RefusalAudit extends Service {
  note(attestor: Evidence['kind'], refusal: Refusal): void;
}

/** Kinds are attestor and code, so there are few of them: what can be written a minute is bounded. */
const WINDOW_MS = 60_000;

interface Window {
  readonly attestor: string;
  readonly code: string;
  more: number;
  readonly timer: NodeJS.Timeout;
}

/** A refusal whose line cannot be written stays a refusal: the stream itself says how many lines it lost. */
export function createRefusalAudit(audit: Audit): RefusalAudit {
  const windows = new Map<string, Window>();

  function close(name: string): void {
    const window = windows.get(name);
    if (window === undefined) return;
    clearTimeout(window.timer);
    windows.delete(name);
    const { attestor, code, more } = window;
    if (more > 0) audit.record('refusals', { attestor, code, more });
  }

  const closeAll = async (): Promise<void> => {
    for (const name of windows.keys()) close(name);
  };

  return {
    name: 'refusal-audit',
    note(attestor, { code, detail }) {
      const name = `${attestor} ${code}`;
      const open = windows.get(name);
      if (open !== undefined) {
        open.more += 1;
        return;
      }
      audit.record('refusal', { attestor, code, detail });
      windows.set(name, { attestor, code, more: 0, timer: setTimeout(() => close(name), WINDOW_MS).unref() });
    },
    async start() {},
    drain: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}
