/**
 * Puts refused requests for a certificate into the audit stream without letting a flood fill the disk: the first of each
 * kind is a line of its own, those of the next minute are one line with their count.
 */
import type { Code } from '../../core/fault/catalog.ts';
import { admit, type Refusal } from '../../core/fault/refusal.ts';
import { milliseconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { createRepeats } from '../../runtime/repeats.ts';
import type { Evidence } from '../attest/attest.ts';

/** What was shown; `unread`: the request could not be read. */
export type Shown = Evidence['kind'] | 'unread';

export interface RefusalAudit extends Service {
  note(attestor: Shown, refusal: Refusal): void;
}

const WINDOW = milliseconds(60_000);
/** Kinds are attestor and code: there are fewer. */
const KINDS_MOST = 512;

interface Kind {
  readonly attestor: string;
  readonly code: Code | 'any';
}

/** A refusal whose line cannot be written stays a refusal: the stream itself says how many lines it lost. */
export function createRefusalAudit(audit: Audit): RefusalAudit {
  const repeats = createRepeats<Kind>({
    window: WINDOW,
    kindsMost: KINDS_MOST,
    rest: { attestor: 'any', code: 'any' },
    more: (kind, more) => void audit.record('refusals', { ...kind, more }),
  });
  const close = async (): Promise<void> => repeats.close();
  return {
    name: 'refusal-audit',
    note(attestor, { code, detail }) {
      repeats.note(`${attestor} ${code}`, { attestor, code }, () => {
        audit.record('refusal', { attestor, code, detail });
        return admit(undefined);
      });
    },
    async start() {},
    drain: close,
    [Symbol.asyncDispose]: close,
  };
}
