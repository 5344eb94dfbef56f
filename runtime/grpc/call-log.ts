/**
 * How calls that were refused or broke are logged: the first of a method and code with all that is known of it, the others
 * of the next ten seconds as one line with their count. Whoever can call can not fill a disk.
 */
import { rowOf, type Code } from '../../core/fault/catalog.ts';
import { Fault } from '../../core/fault/fault.ts';
import { admit, type Refusal } from '../../core/fault/refusal.ts';
import { milliseconds } from '../../core/time/units.ts';
import { faultFields, type Log } from '../log.ts';
import { createRepeats } from '../repeats.ts';

export interface CallLog {
  /** At the level of its code. */
  refused(method: string, refusal: Refusal): void;
  /** As an error, with what was thrown. */
  broke(method: string, thrown: unknown): void;
  /** Tells what is counted and not told yet. */
  close(): void;
}

interface Kind {
  readonly msg: 'calls refused' | 'calls broke';
  readonly method: string;
  readonly code: Code;
}

const WINDOW = milliseconds(10_000);
/** Methods are our own and codes are the table's: an honest CA is far below. */
const KINDS_MOST = 512;

/** Nothing was refused yet. */
export function createCallLog(log: Log): CallLog {
  const repeats = createRepeats<Kind>({
    window: WINDOW,
    kindsMost: KINDS_MOST,
    rest: { msg: 'calls refused', method: 'any', code: 'LIMIT_REQUESTS' },
    more: ({ msg, ...kind }, more) =>
      log[msg === 'calls broke' ? 'error' : rowOf(kind.code).level](msg, { ...kind, more }),
  });
  return {
    refused(method, refusal) {
      const { code } = refusal;
      repeats.note(`refused ${method} ${code}`, { msg: 'calls refused', method, code }, () => {
        log[rowOf(code).level]('call refused', { method, ...refusal });
        return admit(undefined);
      });
    },
    broke(method, thrown) {
      const { code } = Fault.from(thrown);
      // What breaks is told apart by what it says too: two defects of one method are two lines.
      const said = thrown instanceof Error ? thrown.message.slice(0, 100) : '';
      repeats.note(`broke ${method} ${code} ${said}`, { msg: 'calls broke', method, code }, () => {
        log.error('call broke', { method, ...faultFields(thrown) });
        return admit(undefined);
      });
    },
    close: () => repeats.close(),
  };
}
