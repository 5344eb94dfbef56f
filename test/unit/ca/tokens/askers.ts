/** Requesters of tokens for the tests: a workload, clients, what an audit stream heard. */
import type { ApiKeyRecord, ClientRecord, MandateRecord } from '../../../../ca/journal/record.ts';
import type { TokenRequester } from '../../../../ca/tokens/requester.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { admit } from '../../../../core/fault/refusal.ts';
import { spiffeIdOf } from '../../../../core/identity/spiffe-id.ts';
import { type EpochSeconds, epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import type { Audit } from '../../../../runtime/audit/audit.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { AGENT, MESH } from '../small-ca.ts';
import { apiKeyRecord, clientRecord, NOW } from './registered.ts';

const AUTHORITY = createTestAuthority();

/** A workload by a fresh certificate that ends in `lifetime` seconds. */
export function workload(path = AGENT, lifetime = 3600, now: EpochSeconds = NOW): TokenRequester {
  const leaf = demand(parseCertificate(issueTestLeaf(AUTHORITY, { path, now, lifetime }).der));
  return {
    workload: { id: demand(spiffeIdOf(MESH, path)), leaf },
    client: undefined,
    apiKey: undefined,
    jkt: undefined,
  };
}

/** The same instance with its next certificate, whose lineage names the one before until `acceptUntil`. */
export function renewed({ workload: before }: TokenRequester, acceptUntil: number): TokenRequester {
  if (before === undefined) throw new TypeError('only a workload renews');
  const predecessors = [{ thumbprint: before.leaf.thumbprint, acceptUntil: epochSeconds(acceptUntil) }];
  const lineage = { id: Buffer.alloc(16, 1), sequence: 1, issuedAt: NOW, predecessors };
  const { der } = issueTestLeaf(AUTHORITY, { path: before.id.path, now: NOW, lineage });
  return { ...workload(), workload: { id: before.id, leaf: demand(parseCertificate(der)) } };
}

export const client = (change: Partial<ClientRecord> = {}): ClientRecord =>
  clientRecord({ id: 'billing-bot', audiences: ['payments'], scopes: ['read', 'write'], ...change });

export const apiKey = (change: Partial<ApiKeyRecord> = {}): ApiKeyRecord =>
  apiKeyRecord({ client: 'billing-bot', scopes: ['read'], ...change });

export function mandate(change: Partial<MandateRecord> = {}): MandateRecord {
  return {
    id: 'fedcba9876543210',
    for: { spiffe: { exact: AGENT } },
    audience: 'payments',
    scopes: ['refund'],
    purpose: 'refund order 7',
    createdAt: NOW,
    endsAt: epochSeconds(NOW + 60),
    ...change,
  };
}

export interface HeardAudit extends Audit {
  readonly lines: { readonly kind: string; readonly facts: object }[];
}

export function heardAudit(): HeardAudit {
  const lines: HeardAudit['lines'] = [];
  return {
    lines,
    record(kind, facts) {
      lines.push({ kind, facts });
      return admit(undefined);
    },
  };
}
