/** Records of clients and API keys for tests, sound unless changed. */
import type { ApiKeyRecord, ClientRecord } from '../../../../ca/journal/record.ts';
import { epochSeconds } from '../../../../core/time/units.ts';

export const NOW = epochSeconds(1_800_000_000);

export function clientRecord(change: Partial<ClientRecord> = {}): ClientRecord {
  return {
    id: 'billing',
    methods: ['secret', 'api_key'],
    spiffe: [{ exact: '/ns/shop/sa/agent' }],
    audiences: ['payments', 'catalog'],
    scopes: ['payments.read', 'catalog.read'],
    dpopBound: false,
    jwks: undefined,
    secrets: undefined,
    createdAt: NOW,
    disabledAt: undefined,
    ...change,
  };
}

export function apiKeyRecord(change: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    id: '0123456789abcdef',
    digest: 'ab'.repeat(32),
    client: 'billing',
    owner: 'team billing',
    audiences: ['payments'],
    scopes: ['payments.read'],
    spiffe: [],
    networks: [],
    perMinute: 60,
    perDay: 1000,
    createdAt: NOW,
    expiresAt: epochSeconds(NOW + 86_400),
    revokedAt: undefined,
    ...change,
  };
}
