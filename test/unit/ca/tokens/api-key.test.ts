import { expect } from 'chai';

import type { ApiKeyRecord, ClientRecord } from '../../../../ca/journal/record.ts';
import { createApiKeyAlarm, type ApiKeyAlarm } from '../../../../ca/tokens/api-key-alarm.ts';
import { createApiKeyRates } from '../../../../ca/tokens/api-key-rates.ts';
import { createApiKeyUses } from '../../../../ca/tokens/api-key-uses.ts';
import { createApiKeyDesk, type ApiKeyPlace } from '../../../../ca/tokens/api-key.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { formatApiKey } from '../../../../core/identity/api-key-text.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { epochMilliseconds, epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { codeOf } from '../small-ca.ts';
import { apiKeyRecord, clientRecord, NOW } from './registered.ts';

const workload = (path: string) => demand(parseSpiffeId(`spiffe://mesh.example${path}`));
const AGENT = workload('/ns/shop/sa/agent');
const THIEF = workload('/ns/shop/sa/thief');
const TEXT = formatApiKey('prod', Buffer.alloc(32, 7));

interface Changes {
  readonly key?: Partial<ApiKeyRecord>;
  readonly client?: Partial<ClientRecord>;
  readonly environment?: string;
  /** The registry finds no client. */
  readonly isDisabled?: true;
}

function scene({ key, client, environment = 'prod', isDisabled }: Changes = {}) {
  let monotonic = 0;
  const clock = { now: () => epochMilliseconds(NOW * 1000), monotonic: () => milliseconds(monotonic) };
  const log = collectLog();
  const audited: (readonly [string, object])[] = [];
  const metrics = createMetrics();
  const record = apiKeyRecord({ digest: TEXT.digest().toString('hex'), ...key });
  const alarm: ApiKeyAlarm = createApiKeyAlarm({
    audit: { record: (kind, facts) => (audited.push([kind, facts]), admit(undefined)) },
    log: log.log,
    metrics,
  });
  const journal = {
    readRegistrations: async () => refuse('JOURNAL_FAILED'),
    addApiKeyUses: async () => admit(undefined),
  };
  const uses = createApiKeyUses({ journal, clock, log: log.log });
  const desk = createApiKeyDesk({
    environment,
    registry: {
      findApiKey: (digest) => (digest === record.digest ? record : undefined),
      findClient: (id) => (isDisabled !== true && id === 'billing' ? clientRecord(client) : undefined),
    },
    uses,
    rates: createApiKeyRates(clock),
    alarm,
  });
  const place = (change: Partial<ApiKeyPlace> = {}): ApiKeyPlace => ({
    workload: AGENT,
    address: '10.0.0.7',
    now: epochMilliseconds(NOW * 1000),
    ...change,
  });
  return {
    admit: (change?: Partial<ApiKeyPlace>, text = TEXT) => desk.admit(text, place(change)),
    later: (ms: number) => (monotonic += ms),
    alarm,
    uses,
    log,
    audited,
    metrics,
  };
}

describe('ApiKeyDesk', () => {
  const at = (second: number) => ({ now: epochMilliseconds(second * 1000) });

  for (const [name, changes, place] of [
    ['of another environment', { environment: 'test' }, {}],
    ['of a disabled client', { isDisabled: true }, {}],
    ['of a client that is not registered for API keys', { client: { methods: ['secret'] } }, {}],
    ['that is revoked', { key: { revokedAt: NOW } }, {}],
    ['a second after its end', {}, at(NOW + 86_401)],
    ['without a certificate', {}, { workload: undefined }],
    ['of a workload that the client does not name', {}, { workload: THIEF }],
    ['of a workload below the one that is named', {}, { workload: workload('/ns/shop/sa/agent/x') }],
    ['of a workload that it is not pinned to', { key: { spiffe: [{ exact: '/ns/shop/sa/other' }] } }, {}],
    [
      'pinned, without a certificate',
      { client: { dpopBound: true }, key: { spiffe: [{ any: true }] } },
      { workload: undefined },
    ],
    ['from another network', { key: { networks: ['10.0.0.0/30', 'fd00::/8'] } }, {}],
    ['from what is no address', { key: { networks: ['0.0.0.0/0'] } }, { address: 'unknown' }],
  ] as readonly (readonly [string, Changes, Partial<ApiKeyPlace>])[])
    it(`A-623 refuses a key ${name}: GRANT_CLIENT, and counts no use`, () => {
      const { admit: ask, uses } = scene(changes);
      expect(codeOf(ask(place))).to.equal('GRANT_CLIENT');
      expect(uses.of('0123456789abcdef')).to.equal(undefined);
    });

  it('A-623 refuses a guess that is sound by its form: GRANT_CLIENT', () => {
    const { admit: ask } = scene();
    for (const byte of [0, 6, 8, 255])
      expect(codeOf(ask({}, formatApiKey('prod', Buffer.alloc(32, byte))))).to.equal('GRANT_CLIENT');
  });

  it('admits a key where it is meant to be, to its last second, and counts the use', () => {
    const { admit: ask, uses } = scene({
      key: { networks: ['10.0.0.0/29'], spiffe: [{ under: '/ns/shop' }, { exact: '/ns/x' }] },
    });
    expect(ask(at(NOW + 86_400))).to.have.nested.property('value.client.id', 'billing');
    expect(uses.of('0123456789abcdef')).to.deep.include({ lastUsedAt: NOW + 86_400, count: 1 });
  });

  it('admits a key without a certificate where its client is bound by DPoP and it is pinned to nobody', () => {
    const { admit: ask } = scene({ client: { dpopBound: true, spiffe: [] } });
    expect(codeOf(ask({ workload: undefined }))).to.equal('ok');
    expect(codeOf(ask()), 'a workload that nobody named').to.equal('GRANT_CLIENT');
  });

  it('alarms when another workload uses a key: log, audit stream and metric name key, workload and owner, once a minute', async () => {
    const { admit: ask, log, audited, metrics, alarm } = scene();
    for (let time = 0; time < 3; time += 1) ask({ workload: THIEF });
    ask({ workload: workload('/ns/shop/sa/other') });
    const facts = { key: '0123456789abcdef', client: 'billing', owner: 'team billing', workload: THIEF.uri };
    expect(audited.map(([kind]) => kind)).to.deep.equal(['api-key-misuse', 'api-key-misuse']);
    expect(audited[0]?.[1]).to.include(facts);
    const warned = log.lines.filter(({ level }) => level === 'warn');
    expect(warned).to.have.length(2);
    expect(warned[0]?.fields).to.include(facts);
    expect(metrics.render()).to.match(/cleat_ca_api_key_misuse_total 4/);
    expect(JSON.stringify([audited, log.lines])).not.to.include(TEXT.reveal().slice(9));
    await alarm.drain(milliseconds(1));
    expect(audited.at(-1)).to.deep.equal(['api-key-misuse-repeats', { key: '0123456789abcdef', more: 2 }]);
  });

  it('is no alarm where a key is unknown, expired or revoked', () => {
    for (const changes of [
      { key: { revokedAt: NOW } },
      { key: { expiresAt: epochSeconds(NOW - 1) } },
      { isDisabled: true },
    ] as const) {
      const { admit: ask, audited } = scene(changes);
      ask({ workload: THIEF });
      expect(audited).to.deep.equal([]);
    }
  });

  it('A-623 refuses more than the key may be used in a minute with LIMIT_ISSUES and a time, and takes it again after that', () => {
    const { admit: ask, later } = scene({ key: { perMinute: 2 } });
    expect([ask(), ask()].map(codeOf)).to.deep.equal(['ok', 'ok']);
    const refused = ask();
    expect(codeOf(refused)).to.equal('LIMIT_ISSUES');
    later(refused.ok ? 0 : (refused.refusal.retryAfter ?? 0));
    expect(codeOf(ask())).to.equal('ok');
  });

  it('A-623 refuses more than the key may be used in a day with LIMIT_ISSUES until midnight UTC', () => {
    const { admit: ask } = scene({ key: { perDay: 2 } });
    expect([ask(), ask()].map(codeOf)).to.deep.equal(['ok', 'ok']);
    const refused = ask();
    expect(codeOf(refused)).to.equal('LIMIT_ISSUES');
    const wait = refused.ok ? 0 : Number(refused.refusal.retryAfter);
    expect((NOW * 1000 + wait) % 86_400_000).to.equal(0);
    expect(codeOf(ask(at(NOW + 86_000))), 'tomorrow').to.equal('ok');
    expect(codeOf(ask(at(NOW))), 'the clock was set back').to.equal('ok');
    expect(codeOf(ask(at(NOW))), 'and the day does not begin again').to.equal('LIMIT_ISSUES');
  });

  it('forgets the rate of the key that was longest unused, not of the one in use', () => {
    const clock = { monotonic: () => milliseconds(0) };
    const rates = createApiKeyRates(clock);
    const key = (id: string) => apiKeyRecord({ id, perMinute: 1 });
    expect([rates.take(key('a')), rates.take(key('a'))].map(codeOf)).to.deep.equal(['ok', 'LIMIT_ISSUES']);
    for (let at = 0; at < 16_383; at += 1) rates.take(key(`other ${at}`));
    expect(codeOf(rates.take(key('a')))).to.equal('LIMIT_ISSUES');
    rates.take(key('one more'));
    expect(codeOf(rates.take(key('a')))).to.equal('LIMIT_ISSUES');
  });
});
