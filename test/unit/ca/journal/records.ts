/** Records for the journal's tests: distinct in every unique column. */
import type { IssuanceRecord, JoinTokenRecord } from '../../../../ca/journal/record.ts';
import { epochSeconds } from '../../../../core/time/units.ts';

export const NOW = epochSeconds(1_800_000_000);

export function issuance(name: string, change: Partial<IssuanceRecord> = {}): IssuanceRecord {
  return {
    serial: `5e${name}`,
    thumbprint: `71${name}`,
    keyDigest: `4e${name}`,
    spiffeId: 'spiffe://mesh.example/ns/shop/sa/agent',
    lineageId: 'aa',
    sequence: 0,
    attestor: 'self',
    evidence: 'self',
    issuedAt: NOW,
    notAfter: epochSeconds(NOW + 3600),
    askedTtl: undefined,
    der: new Uint8Array([1, 2, 3]),
    authority: 'a0',
    above: [],
    ...change,
  };
}

export function joinToken(hash: string, change: Partial<JoinTokenRecord> = {}): JoinTokenRecord {
  return { hash, path: '/ns/shop/sa/agent', dnsNames: ['localhost'], expiresAt: epochSeconds(NOW + 600), ...change };
}
