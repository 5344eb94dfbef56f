/** From the record of a request to the issuance of the certificate that it came in on. */
import type { Step } from '../step.ts';
import { until } from '../until.ts';
import { outcomeOf } from './refused.ts';

interface Issuance {
  readonly serial?: string;
  readonly spiffeId?: string;
  readonly lineageId?: string;
  readonly sequence?: number;
  readonly attestor?: string;
}

export const auditJoins: Step = {
  id: 'audit-joins',
  tried: "the record of an admitted request, and the CA's journal",
  expected: '200, serial in record and journal',
  async play(stage) {
    const agent = await stage.client('agent-client');
    const token = await stage.token(agent, { audience: 'payments', scopes: ['payments.write'] });
    using records = stage.records('payments');
    const reply = await stage.visit({ identity: agent, token, method: 'POST' });
    const requestId =
      reply.kind === 'answered' ? (JSON.parse(reply.body) as { requestId?: string }).requestId : undefined;
    const find = () => records.all.find((one) => one.requestId !== undefined && one.requestId === requestId);
    const record = await until('the record of the request', () => Promise.resolve(find()), stage.ending);
    const issuance = ((await stage.issuance(record.serial ?? '')) ?? {}) as Issuance;
    const joins =
      record.serial === agent.leaf.serial &&
      issuance.serial === record.serial &&
      issuance.lineageId === record.lineage &&
      issuance.sequence === record.sequence;
    return {
      observed: `${outcomeOf(reply)}, ${joins ? 'serial in record and journal' : 'record and journal do not join'}`,
      holds: issuance.spiffeId === agent.id.uri,
      reason: `serial ${record.serial ?? 'none'}, issued on ${issuance.attestor ?? 'nothing known'}`,
      detail: { record, issuance },
    };
  },
};
