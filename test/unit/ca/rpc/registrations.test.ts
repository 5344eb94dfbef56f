import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { createRegistrationVerbs, type RegistrationVerb } from '../../../../ca/rpc/registration-verbs.ts';
import { createRegistrations } from '../../../../ca/registrations.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { Secret } from '../../../../core/identity/secret.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { epochSeconds, milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { AGENT, codeOf, startSmallCa, tempFolder, TOKENS, type SmallCa } from '../small-ca.ts';

type Row = Readonly<Record<string, unknown>>;

const CLIENT = {
  id: 'billing',
  methods: ['secret', 'api_key'],
  spiffe: [{ exact: AGENT }],
  audiences: ['payments'],
  scopes: ['payments.read', 'payments.write'],
};
const KEY = { client: 'billing', owner: 'team billing' };
const workload = demand(parseSpiffeId(`spiffe://mesh.example${AGENT}`));

function scene(ca: SmallCa) {
  const { verbs, registry, secrets, apiKeys } = ca.registrations;
  const ask = async (verb: RegistrationVerb, body?: unknown): Promise<Outcome<unknown>> => verbs[verb](body);
  const give = async (verb: RegistrationVerb, body?: unknown): Promise<Row> => demand(await ask(verb, body)) as Row;
  const idOf = (answer: Row, name: string): string => String((answer[name] as Row)['id']);
  return {
    ask,
    give,
    client: (change: object = {}): Promise<Row> => give('client-create', { ...CLIENT, ...change }),
    key: async (change: object = {}) => {
      const answer = await give('key-create', { ...KEY, ...change });
      return { id: idOf(answer, 'apiKey'), text: new Secret(String(answer['key'])) };
    },
    mandate: async (change: object = {}): Promise<string> => {
      const order = { client: 'billing', audience: 'payments', for: '30m', purpose: 'ticket 4711', ...change };
      return idOf(await give('mandate-create', order), 'mandate');
    },
    use: (text: Secret) => codeOf(apiKeys.admit(text, { workload, address: '127.0.0.1', now: ca.clock.now() })),
    login: async (text: Secret) =>
      codeOf(
        await secrets.check(
          registry.findClient('billing'),
          { secret: text, lane: 'certificate' },
          wholeSeconds(ca.clock.now()),
        ),
      ),
    /** Whether live tokens of this origin are revoked. */
    isEnded: (origin: string, after = 0): boolean => {
      const facts = { iss: TOKENS.issuer, jti: undefined, subject: undefined, keyId: undefined, origins: [origin] };
      const now = epochSeconds(wholeSeconds(ca.clock.now()) + after);
      return ca.revocations.current().ofToken(facts, now) !== undefined;
    },
    mandates: () => ca.registrations.registry.listMandates(wholeSeconds(ca.clock.now())).map(({ id }) => id),
  };
}

const secretOf = (answer: Row): Secret => new Secret(String(answer['secret']));
const jwksOf = (isPrivate = false): string => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify({ keys: [(isPrivate ? privateKey : publicKey).export({ format: 'jwk' })] });
};

describe('clients', () => {
  it('are not registered twice, not even after they were disabled: CONFIG_INVALID', async () => {
    await using ca = await startSmallCa();
    const { client, ask, give } = scene(ca);
    await client();
    expect(codeOf(await ask('client-create', CLIENT))).to.equal('CONFIG_INVALID');
    await give('client-disable', { id: 'billing' });
    expect(codeOf(await ask('client-create', CLIENT))).to.equal('CONFIG_INVALID');
  });

  it('refuse orders about who is not there: GRANT_UNKNOWN', async () => {
    await using ca = await startSmallCa();
    const { client, ask, give } = scene(ca);
    const orders = [
      ['client-rotate', { id: 'billing' }],
      ['client-disable', { id: 'billing' }],
      ['clients', { id: 'billing' }],
      ['key-create', KEY],
      ['key-rotate', { id: '0123456789abcdef' }],
      ['key-revoke', { id: '0123456789abcdef' }],
      ['key-revoke', { hash: 'ab'.repeat(32) }],
      ['mandate-end', { id: '0123456789abcdef' }],
      ['mandate-create', { client: 'billing', audience: 'a', for: '1m', purpose: 'p' }],
    ] as const;
    for (const [verb, body] of orders) expect(codeOf(await ask(verb, body)), verb).to.equal('GRANT_UNKNOWN');
    await client();
    await give('client-disable', { id: 'billing' });
    for (const [verb, body] of [orders[0], orders[3], orders[8]])
      expect(codeOf(await ask(verb, body)), verb).to.equal('GRANT_UNKNOWN');
  });

  it('refuse orders of a wrong form: CONFIG_INVALID', async () => {
    await using ca = await startSmallCa();
    const { client, ask } = scene(ca);
    await client();
    const wrong = [
      ['client-create', null],
      ['client-rotate', { id: 'BILLING' }],
      ['client-rotate', { id: 'billing', overlap: '31d' }],
      ['client-rotate', { id: 'billing', jwks: jwksOf() }],
      ['client-rotate', { id: 'billing', secret: 'x' }],
      ['client-disable', { id: 'spiffe://mesh.example/ns/a' }],
      ['clients', { id: 7 }],
      ['keys', { after: 7 }],
      ['keys', { key: 'x' }],
      ['mandates', { after: [] }],
      ['key-revoke', {}],
      ['key-revoke', { id: '0123456789abcdef', hash: 'ab'.repeat(32) }],
      ['key-revoke', { hash: 'AB'.repeat(32) }],
      ['key-revoke', { id: 'x' }],
      ['key-rotate', { id: 'x' }],
      ['mandate-end', { id: 'x' }],
    ] as const;
    for (const [verb, body] of wrong)
      expect(codeOf(await ask(verb, body)), JSON.stringify(body)).to.equal('CONFIG_INVALID');
  });

  it('show their secret once, and prove themselves with it', async () => {
    await using ca = await startSmallCa();
    const { client, give, login } = scene(ca);
    const secret = secretOf(await client());
    expect(await login(secret)).to.equal('ok');
    const listed = JSON.stringify([await give('clients'), await give('clients', { id: 'billing' })]);
    for (const hidden of [secret.reveal(), 'digest', 'salt']) expect(listed).not.to.include(hidden);
    expect(listed).to.include('"secrets":[{}]');
  });

  it('have the old secret beside the new one until the overlap ends', async () => {
    await using ca = await startSmallCa();
    const { client, give, login } = scene(ca);
    const old = secretOf(await client());
    const next = secretOf(await give('client-rotate', { id: 'billing', overlap: '1h' }));
    ca.clock.advance(3600);
    expect([await login(old), await login(next)]).to.deep.equal(['ok', 'ok']);
    ca.clock.advance(1);
    expect([await login(old), await login(next)]).to.deep.equal(['GRANT_CLIENT', 'ok']);
    const last = secretOf(await give('client-rotate', { id: 'billing', overlap: '0s' }));
    expect([await login(next), await login(last)]).to.deep.equal(['GRANT_CLIENT', 'ok']);
  });

  it('have their public keys replaced at once, and never take private ones', async () => {
    await using ca = await startSmallCa();
    const { ask, give, client } = scene(ca);
    const [first, second] = [jwksOf(), jwksOf()];
    expect(
      codeOf(await ask('client-create', { ...CLIENT, methods: ['private_key_jwt'], jwks: jwksOf(true) })),
    ).to.equal('CONFIG_INVALID');
    const made = await client({ methods: ['private_key_jwt'], jwks: first });
    expect(made).not.to.have.property('secret');
    await give('client-rotate', { id: 'billing', jwks: second });
    expect(JSON.stringify(ca.registrations.registry.findClient('billing')?.jwks)).to.equal(second);
    expect(codeOf(await ask('client-rotate', { id: 'billing' })), 'no secret').to.equal('CONFIG_INVALID');
  });

  it('end with their keys and live tokens when they are disabled, for longer than any token lives', async () => {
    await using ca = await startSmallCa();
    const { client, key, give, login, use, isEnded } = scene(ca);
    const secret = secretOf(await client());
    const { text } = await key();
    expect([await login(secret), use(text)]).to.deep.equal(['ok', 'ok']);
    expect(isEnded('client:billing')).to.equal(false);
    const disabled = await give('client-disable', { id: 'billing' });
    expect(disabled['client']).to.include({ disabledAt: wholeSeconds(ca.clock.now()) });
    expect([await login(secret), use(text)]).to.deep.equal(['GRANT_CLIENT', 'GRANT_CLIENT']);
    expect([isEnded('client:billing', 3660), isEnded('client:billing', 3661)]).to.deep.equal([true, false]);
    expect(isEnded('client:other')).to.equal(false);
  });

  it('stay disabled, and can be disabled again, where their live tokens could not be ended', async () => {
    await using ca = await startSmallCa();
    const journal = { ...ca.journal, addRevocation: async () => refuse('LIMIT_REVOCATIONS', 'full') };
    const shared = { ...ca.rooms, config: { tokens: TOKENS }, journal, revocations: ca.revocations, log: ca.log.log };
    const { registry, verbs, services } = createRegistrations({ ...shared, metrics: createMetrics() });
    for (const service of services) await service.start(new AbortController().signal);
    demand(await verbs['client-create'](CLIENT));
    for (let time = 0; time < 2; time += 1)
      expect(codeOf(await verbs['client-disable']({ id: 'billing' }))).to.equal('LIMIT_REVOCATIONS');
    expect(registry.findClient('billing')).to.equal(undefined);
    for (const service of services) await service.drain(milliseconds(100));
  });

  it('are refused by a CA that mints no tokens: CONFIG_INVALID', async () => {
    await using ca = await startSmallCa();
    const shared = { ...ca.rooms, config: {}, journal: ca.journal, revocations: ca.revocations, log: ca.log.log };
    const { verbs } = createRegistrations({ ...shared, metrics: createMetrics() });
    for (const [verb, body] of [
      ['client-create', CLIENT],
      ['key-create', KEY],
      ['mandate-create', {}],
    ] as const)
      expect(codeOf(await verbs[verb](body)), verb).to.equal('CONFIG_INVALID');
  });

  it('come in pages of 1000', async () => {
    await using ca = await startSmallCa();
    const { client, give } = scene(ca);
    await client({ methods: ['tls'] });
    const known = ca.registrations.registry.findClient('billing');
    if (known === undefined) throw new Error('not registered');
    const ids = Array.from({ length: 1001 }, (_, at) => `c${String(at).padStart(4, '0')}`);
    const registry = {
      ...ca.registrations.registry,
      listClients: () => ids.map((id) => ({ ...known, id })).toReversed(),
    };
    const desk = { ...ca.rooms, ...ca.registrations, ...TOKENS, registry, uses: { of: () => undefined } };
    const verbs = createRegistrationVerbs(desk as unknown as Parameters<typeof createRegistrationVerbs>[0]);
    const first = demand(await verbs.clients(undefined)) as {
      readonly clients: readonly Row[];
      readonly next?: string;
    };
    expect([first.clients.length, first.next]).to.deep.equal([1000, 'c0999']);
    const last = demand(await verbs.clients({ after: first.next })) as typeof first;
    expect([last.clients.map(({ id }) => id), last.next]).to.deep.equal([['c1000'], undefined]);
    expect((await give('clients'))['clients']).to.have.length(1);
  });
});

describe('API keys', () => {
  it('never have more than their client: CONFIG_INVALID', async () => {
    await using ca = await startSmallCa();
    const { client, ask } = scene(ca);
    await client();
    await client({ id: 'secret-only', methods: ['secret'] });
    for (const change of [
      { audiences: ['payments', 'catalog'] },
      { scopes: ['payments.admin'] },
      { client: 'secret-only' },
      { ttl: '91d' },
      { ttl: '59s' },
      { owner: '' },
      { networks: ['10.0.0.0/33'] },
      { spiffe: [{ exact: '/cleat/ca' }] },
      { perMinute: 0 },
      { perDay: 1.5 },
      { id: 'x' },
    ])
      expect(codeOf(await ask('key-create', { ...KEY, ...change })), JSON.stringify(change)).to.equal('CONFIG_INVALID');
  });

  it('are good for 30 days where no other time is asked, and end by themselves', async () => {
    await using ca = await startSmallCa();
    const { client, key, use } = scene(ca);
    await client();
    const { text } = await key();
    ca.clock.advance(30 * 86_400);
    expect(use(text)).to.equal('ok');
    ca.clock.advance(1);
    expect(use(text)).to.equal('GRANT_CLIENT');
  });

  it('are listed without text or digest, with owner and last use', async () => {
    await using ca = await startSmallCa();
    const { client, key, use, give } = scene(ca);
    await client();
    const { id, text } = await key({ scopes: ['payments.read'], networks: ['127.0.0.0/8'] });
    use(text);
    const { apiKeys } = await give('keys', { client: 'billing' });
    expect(apiKeys).to.be.an('array').with.length(1);
    expect((apiKeys as readonly Row[])[0]).to.deep.include({
      id,
      owner: 'team billing',
      scopes: ['payments.read'],
      audiences: ['payments'],
      lastUsedAt: wholeSeconds(ca.clock.now()),
      usedOnThatDay: 1,
    });
    expect(JSON.stringify(apiKeys)).not.to.include(text.digest().toString('hex'));
    expect((await give('keys', { client: 'other' }))['apiKeys']).to.deep.equal([]);
  });

  it('are revoked by id or by the digest of a leaked text, with their live tokens', async () => {
    await using ca = await startSmallCa();
    const { client, key, use, give, isEnded } = scene(ca);
    await client();
    const [one, other, third] = [await key(), await key(), await key()];
    await give('key-revoke', { id: one.id });
    await give('key-revoke', { hash: other.text.digest().toString('hex') });
    expect([one, other, third].map(({ text }) => use(text))).to.deep.equal(['GRANT_CLIENT', 'GRANT_CLIENT', 'ok']);
    expect([one, other, third].map(({ id }) => isEnded(`key:${id}`, 3660))).to.deep.equal([true, true, false]);
    // Again: then its live tokens are ended again, and the time of the revocation stays.
    const at = wholeSeconds(ca.clock.now());
    ca.clock.advance(60);
    expect((await give('key-revoke', { id: one.id }))['apiKey']).to.include({ revokedAt: at });
  });

  it('are rotated on the same terms: the old one is good through the overlap', async () => {
    await using ca = await startSmallCa();
    const { client, key, use, give, isEnded } = scene(ca);
    await client();
    const old = await key({ ttl: '10d', perMinute: 7 });
    const answer = await give('key-rotate', { id: old.id, overlap: '1h' });
    const text = new Secret(String(answer['key']));
    expect(answer['apiKey']).to.include({ perMinute: 7, expiresAt: wholeSeconds(ca.clock.now()) + 10 * 86_400 });
    ca.clock.advance(3600);
    expect([use(old.text), use(text)]).to.deep.equal(['ok', 'ok']);
    ca.clock.advance(1);
    expect([use(old.text), use(text)]).to.deep.equal(['GRANT_CLIENT', 'ok']);
    expect(isEnded(`key:${old.id}`)).to.equal(false);
  });

  it('are rotated without overlap: the old one is revoked, with its live tokens', async () => {
    await using ca = await startSmallCa();
    const { client, key, use, give, ask, isEnded } = scene(ca);
    await client();
    const old = await key();
    await give('key-rotate', { id: old.id, overlap: '0s', ttl: '1d' });
    expect([use(old.text), isEnded(`key:${old.id}`)]).to.deep.equal(['GRANT_CLIENT', true]);
    expect(codeOf(await ask('key-rotate', { id: old.id }))).to.equal('GRANT_UNKNOWN');
  });
});

describe('mandates', () => {
  it('hold to their end, and no longer', async () => {
    await using ca = await startSmallCa();
    const { client, mandate, mandates, give } = scene(ca);
    await client();
    const id = await mandate();
    ca.clock.advance(1800);
    expect(mandates()).to.deep.equal([id]);
    expect((await give('mandates'))['mandates']).to.have.length(1);
    ca.clock.advance(1);
    expect(mandates()).to.deep.equal([]);
  });

  it('end at once when they are ended, with their live tokens', async () => {
    await using ca = await startSmallCa();
    const { mandate, mandates, give, isEnded } = scene(ca);
    const id = await mandate({ client: undefined, spiffe: { under: '/ns/shop' } });
    expect(mandates()).to.deep.equal([id]);
    await give('mandate-end', { id });
    expect(mandates()).to.deep.equal([]);
    expect(isEnded(`mandate:${id}`, 3660)).to.equal(true);
  });
});

describe('registrations', () => {
  it('are in the audit stream, each change by itself', async () => {
    await using ca = await startSmallCa();
    const { client, key, mandate, give } = scene(ca);
    await client();
    const { id } = await key();
    await give('client-rotate', { id: 'billing' });
    await give('key-rotate', { id });
    await give('key-revoke', { id });
    await give('mandate-end', { id: await mandate() });
    await give('client-disable', { id: 'billing' });
    const kinds = ca.audited.map((line) => (JSON.parse(line) as Row)['kind']);
    expect(kinds).to.deep.equal([
      'client-created',
      'api-key-created',
      'client-rotated',
      'api-key-created',
      'api-key-shortened',
      'revocation',
      'api-key-revoked',
      'mandate-created',
      'revocation',
      'mandate-ended',
      'revocation',
      'client-disabled',
    ]);
  });

  it('leave no secret in log, audit stream or journal', async () => {
    using folder = tempFolder();
    const secrets: string[] = [];
    {
      await using ca = await startSmallCa({ dataDir: folder.path });
      const { client, key, give } = scene(ca);
      secrets.push(secretOf(await client()).reveal());
      secrets.push(secretOf(await give('client-rotate', { id: 'billing' })).reveal());
      const made = await key();
      secrets.push(made.text.reveal(), String((await give('key-rotate', { id: made.id }))['key']));
      for (const secret of secrets) expect(JSON.stringify([ca.log.lines, ca.audited])).not.to.include(secret);
    }
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const entry of files) {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      for (const secret of secrets) expect(bytes.includes(secret.slice(-40)), entry.name).to.equal(false);
    }
    expect(files.map(({ name }) => name)).to.include('journal.sqlite');
  });
});
