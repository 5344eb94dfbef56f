/**
 * Raises an alarm where a token is shown by somebody else than it was issued to: whose it is, and who shows it. Told once a minute
 * for one token and one presenter, with a count of the rest. Knows no token text.
 */
import { admit } from '../core/fault/refusal.ts';
import { milliseconds } from '../core/time/units.ts';
import type { Audit } from '../runtime/audit/audit.ts';
import type { Facts } from '../runtime/audit/line.ts';
import type { Log } from '../runtime/log.ts';
import { createRepeats } from '../runtime/repeats.ts';
import type { ExchangeRecord } from './forward/forwarding.ts';
import type { RequestNote } from './record.ts';

export interface BindingAlarm {
  request(exchange: ExchangeRecord<RequestNote>): void;
  /** Tells the counts that are held back. */
  close(): void;
}

export interface BindingAlarmDeps {
  readonly log: Log;
  /** Undefined: there is no audit stream. */
  readonly audit: Audit | undefined;
}

/** What only somebody else's token can lead to. */
const CODES: readonly string[] = ['BINDING_MISMATCH', 'BINDING_PROOF_KEY', 'BINDING_ACTOR'];
const WINDOW = milliseconds(60_000);
const KINDS_MOST = 256;
const MESSAGE = 'a token is shown by somebody else';

/** No alarm is raised yet. */
export function createBindingAlarm({ log, audit }: BindingAlarmDeps): BindingAlarm {
  const tell = (facts: Facts): void => {
    log.warn(MESSAGE, facts);
    audit?.record('stolen-token', facts);
  };
  const repeats = createRepeats<Facts>({
    window: WINDOW,
    kindsMost: KINDS_MOST,
    rest: { code: 'BINDING_MISMATCH' },
    more: (facts, count) => tell({ ...facts, more: count }),
  });
  return {
    request(exchange) {
      const { note } = exchange;
      const refusal = exchange.refusal ?? note?.reported;
      if (note?.direction !== 'inbound' || refusal === undefined || !CODES.includes(refusal.code)) return;
      const { token, peer, remote } = note;
      const facts: Facts = {
        code: refusal.code,
        token: token?.label,
        issuer: token?.issuer,
        subject: token?.subject,
        actor: token?.actor,
        presenter: peer?.id.uri,
        serial: peer?.serial,
        lineage: peer?.lineage?.id.toString('hex'),
        remote: remote && `${remote.host}:${remote.port}`,
        requestId: note.requestId,
        // In mode report it was served.
        served: exchange.refusal === undefined,
      };
      repeats.note(`${token?.label ?? ''} ${peer?.serial ?? ''}`, facts, () => {
        tell(facts);
        return admit(undefined);
      });
    },
    close: () => repeats.close(),
  };
}
