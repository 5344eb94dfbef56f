/**
 * The alarm of a fork: two keys have asked for the successor of one certificate, so somebody holds a key that is not his.
 * Whether it is one is for the journal to say, and it freezes the lineage; this tells the operator, once a fork.
 */
import type { Refusal } from '../../core/fault/refusal.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Evidence } from '../attest/attest.ts';

export interface ForkAlarmDeps {
  readonly audit: Pick<Audit, 'record'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
}

export interface ForkAlarm {
  /** Rings where the refusal is GRANT_FORK; any other is none of its business. */
  hear(refusal: Refusal, evidence: Evidence): void;
}

/** An alarm that moves `cleat_ca_lineage_forks_total`, logs as error and writes an audit line `lineage-fork`. */
export function createForkAlarm({ audit, log, metrics }: ForkAlarmDeps): ForkAlarm {
  const forks = metrics.counter('cleat_ca_lineage_forks_total', 'Lineages frozen since two keys renewed one leaf.');
  return {
    hear({ code, detail }, evidence) {
      if (code !== 'GRANT_FORK') return;
      const facts = { ...factsOf(evidence), detail };
      forks.add();
      log.error('two renewals of one certificate: somebody holds a key that is not his', { code, ...facts });
      // The lineage is frozen whether or not the line could be written; the stream itself says what it lost.
      audit.record('lineage-fork', facts);
    },
  };
}

/** Who showed what: the predecessor that both asked with. */
function factsOf(evidence: Evidence): Readonly<Record<string, string | number | undefined>> {
  const leaf = evidence.kind === 'leaf' ? parseCertificate(evidence.der) : undefined;
  if (leaf?.ok !== true) return {};
  const { serial, uriNames, lineage } = leaf.value;
  return {
    serial,
    spiffeId: uriNames[0],
    lineageId: lineage?.id.toString('hex'),
    sequence: lineage?.sequence,
  };
}
