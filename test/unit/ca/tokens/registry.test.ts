import { expect } from 'chai';

import type { Registrations } from '../../../../ca/journal/record.ts';
import { createApiKeyUses } from '../../../../ca/tokens/api-key-uses.ts';
import { createRegistry, type RegistryDeps } from '../../../../ca/tokens/registry.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { epochMilliseconds, epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { codeOf, startSmallCa, thrownBy } from '../small-ca.ts';
import { apiKeyRecord, clientRecord, NOW } from './registered.ts';

const NOTHING: Registrations = { clients: [], apiKeys: [], uses: [], mandates: [] };
const signal = new AbortController().signal;
const mandate = (id: string, end: number) => ({
  id,
  for: { client: 'billing' },
  audience: 'payments',
  scopes: [],
  purpose: 'test',
  createdAt: NOW,
  endsAt: epochSeconds(end),
});

function scene(held: Partial<Registrations> = {}, change: Partial<RegistryDeps['journal']> = {}) {
  const kept: unknown[] = [];
  const keep = async (record: unknown) => {
    kept.push(record);
    return admit(undefined);
  };
  const journal: RegistryDeps['journal'] = {
    readRegistrations: async () => admit({ ...NOTHING, ...held }),
    addClient: keep,
    addApiKey: keep,
    addMandate: keep,
    ...change,
  };
  let now = NOW * 1000;
  const registry = createRegistry({ journal, clock: { now: () => epochMilliseconds(now) } });
  return { registry, kept, later: (seconds: number) => (now += seconds * 1000) };
}

describe('registry', () => {
  it('does not start where the journal cannot be read: what is disabled would be unknown', async () => {
    const { registry } = scene({}, { readRegistrations: async () => refuse('JOURNAL_FAILED', 'disk') });
    expect(await thrownBy(() => registry.start(signal))).to.equal('JOURNAL_FAILED');
  });

  it('changes nothing that the journal did not keep, and nothing that the change refused', async () => {
    const { registry } = scene(
      { clients: [clientRecord()] },
      { addClient: async () => refuse('JOURNAL_FAILED', 'disk') },
    );
    await registry.start(signal);
    const disabled = await registry.changeClient('billing', () => admit(clientRecord({ disabledAt: NOW })));
    expect(codeOf(disabled)).to.equal('JOURNAL_FAILED');
    expect(registry.findClient('billing')).to.deep.equal(clientRecord());
    expect(codeOf(await registry.changeClient('billing', () => refuse('GRANT_UNKNOWN')))).to.equal('GRANT_UNKNOWN');
  });

  it('shows a change only once it is durable', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { registry } = scene({}, { addClient: () => promise.then(() => admit(undefined)) });
    await registry.start(signal);
    const changed = registry.changeClient('billing', () => admit(clientRecord()));
    await Promise.resolve();
    expect(registry.findClient('billing')).to.equal(undefined);
    resolve();
    await changed;
    expect(registry.findClient('billing')).to.deep.equal(clientRecord());
  });

  it('makes one change after the other: the second sees what the first made', async () => {
    const { registry } = scene();
    await registry.start(signal);
    const create = () =>
      registry.changeClient('billing', async (known) =>
        known === undefined ? admit(clientRecord()) : refuse('CONFIG_INVALID', 'taken'),
      );
    expect((await Promise.all([create(), create(), create()])).map(codeOf)).to.deep.equal([
      'ok',
      'CONFIG_INVALID',
      'CONFIG_INVALID',
    ]);
  });

  it('goes on after a change that threw', async () => {
    const { registry } = scene();
    await registry.start(signal);
    const broken = registry.changeClient('billing', () => {
      throw new Error('defect');
    });
    expect(await thrownBy(() => broken)).to.include('defect');
    expect(codeOf(await registry.changeClient('billing', () => admit(clientRecord())))).to.equal('ok');
  });

  it('finds no disabled client, lists it, and finds a key by its digest, a revoked one too', async () => {
    const key = apiKeyRecord({ revokedAt: NOW });
    const { registry } = scene({ clients: [clientRecord({ disabledAt: NOW })], apiKeys: [key] });
    await registry.start(signal);
    expect(registry.findClient('billing')).to.equal(undefined);
    expect(registry.listClients()).to.have.length(1);
    expect(registry.findApiKey(key.digest)).to.deep.equal(key);
    expect(registry.findApiKey('cd'.repeat(32))).to.equal(undefined);
  });

  it('lists mandates through their last second', async () => {
    const { registry } = scene({ mandates: [mandate('a', NOW), mandate('b', NOW + 60)] });
    await registry.start(signal);
    const live = (at: number) => registry.listMandates(epochSeconds(at)).map(({ id }) => id);
    expect([live(NOW), live(NOW + 1), live(NOW + 60), live(NOW + 61)]).to.deep.equal([['a', 'b'], ['b'], ['b'], []]);
  });

  it('refuses the 10,001st mandate with LIMIT_REGISTRATIONS, until old ones are a day past their end', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => mandate(`m${at}`, NOW + 60));
    const { registry, later } = scene({ mandates: many });
    await registry.start(signal);
    const add = () => registry.changeMandate('new', () => admit(mandate('new', NOW + 60)));
    expect(codeOf(await add())).to.equal('LIMIT_REGISTRATIONS');
    later(60 + 86_400);
    expect(codeOf(await add())).to.equal('LIMIT_REGISTRATIONS');
    later(1);
    expect(codeOf(await add())).to.equal('ok');
  });

  it('refuses the 10,001st client and the 100,001st key, but changes those that are there', async () => {
    const clients = Array.from({ length: 10_000 }, (_, at) => clientRecord({ id: `c${at}` }));
    const apiKeys = Array.from({ length: 100_000 }, (_, at) => apiKeyRecord({ id: `k${at}`, digest: `d${at}` }));
    const { registry } = scene({ clients, apiKeys });
    await registry.start(signal);
    expect(codeOf(await registry.changeClient('x', () => admit(clientRecord({ id: 'x' }))))).to.equal(
      'LIMIT_REGISTRATIONS',
    );
    expect(codeOf(await registry.changeApiKey('x', () => admit(apiKeyRecord({ id: 'x' }))))).to.equal(
      'LIMIT_REGISTRATIONS',
    );
    const revoked = apiKeyRecord({ id: 'k7', digest: 'd7', revokedAt: NOW });
    expect(codeOf(await registry.changeApiKey('k7', () => admit(revoked)))).to.equal('ok');
    expect(registry.findApiKey('d7')).to.deep.equal(revoked);
  });

  it('is after a restart what the journal holds, secrets as hashes and use included', async () => {
    await using ca = await startSmallCa();
    const uses = createApiKeyUses({ journal: ca.journal, clock: ca.clock, log: ca.log.log });
    const secrets = {
      salt: '00',
      memory: 8,
      passes: 1,
      parallelism: 1,
      digests: [{ digest: 'ff', endsAt: NOW }],
    };
    const client = clientRecord({ secrets, jwks: { keys: [] }, dpopBound: true });
    const key = apiKeyRecord({ spiffe: [{ any: true }, { under: '/ns' }], networks: ['10.0.0.0/8'] });
    await uses.start(signal);
    await ca.journal.addClient(client);
    await ca.journal.addApiKey(key);
    await ca.journal.addMandate(mandate('a', NOW + 60));
    expect(codeOf(uses.count(key, ca.clock.now()))).to.equal('ok');
    await uses.drain(milliseconds(1000));
    // A change of the key keeps its use, and changes only its end.
    await ca.journal.addApiKey({ ...key, revokedAt: NOW, owner: 'somebody else' });
    const again = createRegistry(ca);
    await again.start(signal);
    expect(again.findClient('billing')).to.deep.equal(client);
    expect(again.listApiKeys()).to.deep.equal([{ ...key, revokedAt: NOW }]);
    expect(again.listMandates(NOW)).to.deep.equal([mandate('a', NOW + 60)]);
    const counted = createApiKeyUses({ journal: ca.journal, clock: ca.clock, log: ca.log.log });
    await counted.start(signal);
    expect(counted.of(key.id)).to.deep.include({ count: 1, lastUsedAt: NOW });
    await counted[Symbol.asyncDispose]();
  });

  it('tries again to write the uses that the journal did not take', async () => {
    const log = collectLog();
    const written: unknown[] = [];
    let isBroken = true;
    const uses = createApiKeyUses({
      journal: {
        readRegistrations: async () => admit(NOTHING),
        addApiKeyUses: async (batch) => {
          if (isBroken) return refuse('JOURNAL_FAILED', 'disk');
          written.push(...batch);
          return admit(undefined);
        },
      },
      clock: { now: () => epochMilliseconds(NOW * 1000) },
      log: log.log,
    });
    await uses.start(signal);
    uses.count(apiKeyRecord(), epochMilliseconds(NOW * 1000));
    await uses.drain(milliseconds(1000));
    expect(written).to.deep.equal([]);
    expect(log.lines.at(-1)).to.include({ level: 'warn' });
    isBroken = false;
    await uses.start(signal);
    await uses.drain(milliseconds(1000));
    expect(written).to.have.length(1);
  });
});
