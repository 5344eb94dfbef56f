/** What can be seen of our own credentials from outside: metrics, and one log line for each snapshot. */
import type { Log } from '../../runtime/log.ts';
import type { Counter, Gauge, Metrics } from '../../runtime/metrics.ts';
import type { Snapshot } from './snapshot.ts';

export interface Measures {
  /** By `adopted` or the code of the refusal. */
  readonly renewals: Counter;
  /** By the percentages of `life-stage.ts`. */
  readonly overdue: Gauge;
  show(snapshot: Snapshot): void;
}

/** Declares the metrics. */
export function createMeasures(metrics: Metrics, log: Log): Measures {
  const expiry = metrics.gauge('cleat_certificate_expiry_timestamp_seconds', 'End of our own certificate, Unix time.');
  const generation = metrics.gauge('cleat_generation', 'Generation of key, chain, bundle and identity in use.');
  const bundle = metrics.gauge('cleat_bundle_generation', 'Generation of the trust bundle in use.');
  return {
    renewals: metrics.counter('cleat_certificate_renewals_total', 'Attempts to get a certificate.', ['result']),
    overdue: metrics.gauge(
      'cleat_certificate_overdue_percent',
      'Share of the life of our own certificate that passed without a successor: 0, then 75, 90, and 100 past its end.',
    ),
    show(snapshot) {
      const { leaf } = snapshot;
      expiry.set(leaf.notAfter);
      generation.set(snapshot.generation);
      bundle.set(snapshot.bundleGeneration);
      log.info('credentials adopted', {
        generation: snapshot.generation,
        bundleGeneration: snapshot.bundleGeneration,
        spiffeId: snapshot.id.uri,
        serial: leaf.serial,
        lineage: leaf.lineage?.id.toString('hex'),
        sequence: leaf.lineage?.sequence,
        notAfter: leaf.notAfter,
        renewAt: snapshot.renewAt,
      });
    },
  };
}

/** Seconds since the trust stream was lost; 0 while it is open. Declared only where there is a stream. */
export function staleGauge(metrics: Metrics): Gauge {
  return metrics.gauge('cleat_stream_stale_seconds', 'Time since the trust stream was lost; 0 while it is open.');
}
