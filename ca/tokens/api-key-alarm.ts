/**
 * Tells of an API key in the hands of a workload, or from a network, that it is not meant for: it was copied. A warning, a
 * line in the audit stream and a count; one key in one wrong place fills neither log nor disk. Refuses nothing itself.
 */
import { milliseconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { createRepeats } from '../../runtime/repeats.ts';

export interface ApiKeyMisuse {
  /** Id of the key. */
  readonly key: string;
  readonly client: string;
  readonly owner: string;
  /** SPIFFE ID; undefined: without a certificate. */
  readonly workload: string | undefined;
  readonly address: string;
  /** Which rule it broke. */
  readonly reason: string;
}

export interface ApiKeyAlarm extends Service {
  raise(misuse: ApiKeyMisuse): void;
}

export interface ApiKeyAlarmDeps {
  readonly audit: Pick<Audit, 'record'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
}

const WINDOW = milliseconds(60_000);
const KINDS_MOST = 256;

/** Nothing was misused yet. Counts in `cleat_ca_api_key_misuse_total`. */
export function createApiKeyAlarm({ audit, log, metrics }: ApiKeyAlarmDeps): ApiKeyAlarm {
  const count = metrics.counter(
    'cleat_ca_api_key_misuse_total',
    'Uses of an API key by a workload, or from a network, that it is not meant for.',
  );
  const repeats = createRepeats<{ readonly key: string }>({
    window: WINDOW,
    kindsMost: KINDS_MOST,
    rest: { key: 'any' },
    more: (facts, more) => void audit.record('api-key-misuse-repeats', { ...facts, more }),
  });
  const close = async (): Promise<void> => repeats.close();
  return {
    name: 'api-key-alarm',
    raise(misuse) {
      count.add();
      repeats.note(`${misuse.key} ${misuse.workload ?? misuse.address}`, { key: misuse.key }, () => {
        log.warn('API key in the wrong hands', { ...misuse });
        return audit.record('api-key-misuse', { ...misuse });
      });
    },
    async start() {},
    drain: close,
    [Symbol.asyncDispose]: close,
  };
}
