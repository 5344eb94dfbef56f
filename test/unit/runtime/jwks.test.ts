import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { Fault } from '../../../core/fault/fault.ts';
import { type EpochMilliseconds, epochMilliseconds, milliseconds } from '../../../core/time/units.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { fetchDocument } from '../../../runtime/jwks-fetch.ts';
import { createKeyMeasures, createKeySource, type KeySource, type KeySourceDeps } from '../../../runtime/jwks.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { createTestAuthority } from '../../kit/x509.ts';
import { ecKey, keySetOf } from '../core/token/tokens.ts';
import { type Answer, json, pem, serveIssuer } from './issuer-server.ts';

type Issuer = Awaited<ReturnType<typeof serveIssuer>>;

describe('fetchDocument()', () => {
  let issuer: Issuer;
  before(async () => {
    issuer = await serveIssuer();
  });
  after(() => issuer.close());

  const fetchNow = (
    trust = issuer.trust as Parameters<typeof fetchDocument>[1],
    signal = AbortSignal.timeout(10_000),
  ) => fetchDocument(issuer.url, trust, signal);

  async function fails(answer: Answer, detail: RegExp): Promise<void> {
    issuer.state.answer = answer;
    const thrown = await fetchNow().then(
      () => undefined,
      (fault: unknown) => fault,
    );
    expect(thrown).to.be.instanceOf(Fault).and.to.have.property('code', 'TOKEN_KEYS_UNAVAILABLE');
    expect(thrown).to.have.property('detail').that.matches(detail);
  }

  it('A-428 follows no redirect, and takes nothing but a 200', async () => {
    const { asked } = issuer.state;
    for (const status of [301, 302, 307, 308]) {
      const location = 'http://127.0.0.1:1/jwks.json';
      await fails(
        (_request, response) => void response.writeHead(status, { location }).end('{}'),
        new RegExp(`answered ${status}`),
      );
    }
    for (const status of [201, 204, 206, 400, 404, 500, 503])
      await fails((_request, response) => void response.writeHead(status).end(), new RegExp(`answered ${status}`));
    expect(issuer.state.asked - asked).to.equal(11);
  });

  it('A-428 reads at most 256 KiB, and no compressed body', async () => {
    await fails(json(Buffer.alloc(256 * 1024 + 1, 0x20)), /more than 262144 bytes/);
    await fails(json(Buffer.from('{}'), { 'content-encoding': 'gzip' }), /encoding gzip/);
    issuer.state.answer = json(Buffer.alloc(256 * 1024, 0x20));
    expect((await fetchNow()).body).to.have.length(256 * 1024);
  });

  it('A-428 ends with its signal, in a head and in a body that never ends', async () => {
    const aborting = (answer: Answer): Promise<unknown> => {
      const stop = new AbortController();
      issuer.state.answer = (request, response) => {
        answer(request, response);
        stop.abort(new Error('out of time'));
      };
      return fetchNow(issuer.trust, stop.signal).catch((fault: unknown) => fault);
    };
    for (const answer of [
      () => undefined,
      (_request: unknown, response: ServerResponse) => void response.writeHead(200).write('{'),
    ])
      expect(await aborting(answer))
        .to.have.property('detail')
        .that.matches(/out of time/);
  });

  it('refuses a body that is cut off', async () => {
    await fails((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"keys":');
      response.destroy();
    }, /./);
  });

  it('refuses a server of another root, of another name, and of whom the check says no', async () => {
    const stranger = createTestAuthority();
    const wrong = [
      undefined,
      { ca: pem(stranger.der) },
      { ...issuer.trust, checkServerIdentity: () => new Error('not the CA') },
    ];
    const { asked } = issuer.state;
    for (const trust of wrong) {
      const fault: unknown = await fetchDocument(issuer.url, trust, AbortSignal.timeout(10_000)).catch(
        (thrown: unknown) => thrown,
      );
      expect(fault).to.have.property('code', 'TOKEN_KEYS_UNAVAILABLE');
    }
    const byAddress = issuer.url.replace('localhost', '127.0.0.1');
    const fault: unknown = await fetchDocument(byAddress, issuer.trust, AbortSignal.timeout(10_000)).catch(
      (thrown: unknown) => thrown,
    );
    expect(fault).to.have.property('code', 'TOKEN_KEYS_UNAVAILABLE');
    expect(issuer.state.asked).to.equal(asked);
  });

  it('refuses a server that speaks only TLS 1.2', async () => {
    const old = await serveIssuer('TLSv1.2');
    const fault: unknown = await fetchDocument(old.url, old.trust, AbortSignal.timeout(10_000)).catch(
      (thrown: unknown) => thrown,
    );
    await old.close();
    expect(fault).to.have.property('code', 'TOKEN_KEYS_UNAVAILABLE');
  });

  it('gives the body, and asks without any credential', async () => {
    let headers: IncomingMessage['headers'] = {};
    issuer.state.answer = (request, response) => {
      headers = request.headers;
      json(Buffer.from('{"keys":[]}'), { 'cache-control': 'max-age=60' })(request, response);
    };
    expect(await fetchNow()).to.deep.equal({ body: Buffer.from('{"keys":[]}'), cacheControl: 'max-age=60' });
    expect(Object.keys(headers).sort()).to.deep.equal(['accept', 'connection', 'host']);
  });

  it('lets the check of the caller stand for the host name', async () => {
    const byAddress = issuer.url.replace('localhost', '127.0.0.1');
    const seen: string[] = [];
    issuer.state.answer = json(Buffer.from('{}'));
    await fetchDocument(
      byAddress,
      { ...issuer.trust, checkServerIdentity: (host) => void seen.push(host) },
      AbortSignal.timeout(10_000),
    );
    expect(seen).to.deep.equal(['127.0.0.1']);
  });
});

describe('createKeySource()', () => {
  const open: (Issuer | KeySource)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'cleat-jwks-'));
  const running = new AbortController().signal;
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await ('close' in one ? one.close() : one[Symbol.asyncDispose]());
  });
  after(() => rmSync(folder, { recursive: true }));

  interface Made {
    readonly source: KeySource;
    readonly collected: ReturnType<typeof collectLog>;
    readonly metrics: ReturnType<typeof createMetrics>;
    readonly clock: { now: EpochMilliseconds };
    readonly changes: () => number;
  }

  function make(deps: Pick<KeySourceDeps, 'place'> & Partial<KeySourceDeps>): Made {
    const collected = collectLog();
    const metrics = createMetrics();
    const clock = { now: epochMilliseconds(Date.now()) };
    let changes = 0;
    const source = createKeySource({
      issuer: 'cleat',
      iss: 'https://ca.mesh.test',
      trust: () => undefined,
      clock: { ...systemClock(), now: () => clock.now },
      jitter: () => 0,
      log: collected.log,
      measures: createKeyMeasures(metrics),
      ...deps,
    });
    source.subscribe(() => (changes += 1));
    open.push(source);
    return { source, collected, metrics, clock, changes: () => changes };
  }

  async function overHttps(spans: KeySourceDeps['spans'] = {}): Promise<Made & { readonly issuer: Issuer }> {
    const issuer = await serveIssuer();
    open.push(issuer);
    return { issuer, ...make({ place: { kind: 'https', url: issuer.url }, trust: () => issuer.trust, spans }) };
  }

  function kids(source: KeySource): unknown {
    const keys = source.keys();
    return keys.ok ? keys.value.keys.map(({ keyId }) => keyId) : keys.refusal.code;
  }

  const broken: Answer = (_request, response) => void response.writeHead(500).end();

  it('A-433 starts without its issuer, answers TOKEN_KEYS_UNAVAILABLE, and goes on trying', async () => {
    const { issuer, source, collected } = await overHttps();
    issuer.state.answer = broken;
    await source.start(running);
    expect(kids(source)).to.equal('TOKEN_KEYS_UNAVAILABLE');
    issuer.state.answer = json(keySetOf(ecKey('k1')));
    await collected.line(({ message }) => message === 'issuer keys adopted');
    expect(kids(source)).to.deep.equal(['k1']);
    expect(collected.lines[0]).to.deep.include({ level: 'warn', message: 'issuer keys not loaded' });
  });

  it('A-428 keeps the last good set over every bad one, whole', async () => {
    const { issuer, source, collected, metrics, changes } = await overHttps({ cooldown: milliseconds(0) });
    await source.start(running);
    const bad = [
      broken,
      json(Buffer.from('')),
      json(Buffer.from('{"keys":[]}')),
      json(keySetOf(ecKey('k2'), ecKey('k2'))),
      json(keySetOf({ ...ecKey('k2').jwk, use: 'enc' })),
      json(keySetOf(...Array.from({ length: 1000 }, (_none, at) => ({ kid: `k${at}` })))),
      json(Buffer.alloc(10 * 1024 * 1024, 0x20)),
    ];
    for (const answer of bad) {
      issuer.state.answer = answer;
      await source.seek('peer');
      expect(kids(source)).to.deep.equal(['k1']);
    }
    expect(changes()).to.equal(1);
    expect(metrics.render()).to.include(`cleat_issuer_key_loads_total{issuer="cleat",result="failed"} ${bad.length}`);
    expect(collected.lines.at(-1)).to.deep.include({
      level: 'warn',
      message: 'issuer keys not loaded, last good set kept',
    });
  });

  it('A-433 starts while its issuer is silent, and takes the keys when they come', async () => {
    const { issuer, source, collected } = await overHttps({ timeout: milliseconds(60_000) });
    const silent: (() => void)[] = [];
    issuer.state.answer = (request, response) => void silent.push(() => json(keySetOf(ecKey('k1')))(request, response));
    await source.start(running);
    expect(kids(source)).to.equal('TOKEN_KEYS_UNAVAILABLE');
    for (const speak of silent) speak();
    await collected.line(({ message }) => message === 'issuer keys adopted');
    expect(kids(source)).to.deep.equal(['k1']);
  });

  it('A-428 gives each request one whole set: one that is held stays as it is when the keys change', async () => {
    const { issuer, source } = await overHttps({ cooldown: milliseconds(0) });
    await source.start(running);
    const held = source.keys();
    issuer.state.answer = json(keySetOf(ecKey('k2')));
    await source.seek('peer');
    expect(held.ok && held.value.keys.map(({ keyId }) => keyId)).to.deep.equal(['k1']);
    expect(kids(source)).to.deep.equal(['k2']);
  });

  it('A-433 stops using a set past the stale limit', async () => {
    const { source, clock } = await overHttps();
    await source.start(running);
    clock.now = epochMilliseconds(clock.now + 86_400_000);
    expect(kids(source)).to.deep.equal(['k1']);
    clock.now = epochMilliseconds(clock.now + 1);
    expect(kids(source)).to.equal('TOKEN_KEYS_UNAVAILABLE');
  });

  it('A-406 loads once for a storm of unknown keys, and once in a cool-down', async () => {
    const { issuer, source } = await overHttps();
    await source.start(running);
    issuer.state.answer = json(keySetOf(ecKey('k1'), ecKey('k2')));
    const before = issuer.state.asked;
    await Promise.all(Array.from({ length: 50 }, () => source.seek('peer')));
    expect(issuer.state.asked - before).to.equal(1);
    expect(kids(source)).to.deep.equal(['k1', 'k2']);
    await Promise.all(Array.from({ length: 50 }, () => source.seek('peer')));
    expect(issuer.state.asked - before).to.equal(1);
  });

  it('tells its subscribers of other bytes, and of nothing else', async () => {
    const { issuer, source, changes } = await overHttps({ cooldown: milliseconds(0) });
    await source.start(running);
    const first = source.keys();
    await source.seek('peer');
    expect(source.keys()).to.deep.equal(first);
    expect(changes()).to.equal(1);
    let told = 0;
    const subscription = source.subscribe(() => (told += 1));
    issuer.state.answer = json(keySetOf(ecKey('k2')));
    await source.seek('peer');
    subscription[Symbol.dispose]();
    issuer.state.answer = json(keySetOf(ecKey('k3')));
    await source.seek('peer');
    expect([changes(), told]).to.deep.equal([3, 1]);
  });

  it('loads again by itself', async () => {
    const { issuer, source, collected } = await overHttps({ refresh: milliseconds(5) });
    await source.start(running);
    issuer.state.answer = json(keySetOf(ecKey('k1'), ecKey('k2')));
    await collected.line(({ message, fields }) => message === 'issuer keys adopted' && fields['keys'] === 2);
    expect(kids(source)).to.deep.equal(['k1', 'k2']);
  });

  it('asks for the roots at each load, and keeps its keys when there are none', async () => {
    const issuer = await serveIssuer();
    open.push(issuer);
    let trusted = true;
    const { source, collected } = make({
      place: { kind: 'https', url: issuer.url },
      trust: () => {
        if (trusted) return issuer.trust;
        throw new Fault('TOKEN_KEYS_UNAVAILABLE', 'no bundle');
      },
    });
    await source.start(running);
    trusted = false;
    await source.seek('peer');
    expect(kids(source)).to.deep.equal(['k1']);
    expect(collected.lines.at(-1)?.fields).to.include({ issuer: 'cleat', detail: 'no bundle' });
  });

  it('gives a load its deadline', async () => {
    const { issuer, source, collected } = await overHttps({ timeout: milliseconds(20) });
    issuer.state.answer = () => undefined;
    await source.start(running);
    expect(kids(source)).to.equal('TOKEN_KEYS_UNAVAILABLE');
    expect(collected.lines[0]?.fields['detail']).to.match(/timeout/);
  });

  it('ends its start with the signal, and its life with dispose, twice', async () => {
    const { issuer, source } = await overHttps();
    const stop = new AbortController();
    issuer.state.answer = () => stop.abort();
    const fault: unknown = await source.start(stop.signal).catch((thrown: unknown) => thrown);
    expect(fault).to.be.instanceOf(Fault);
    await source.drain(milliseconds(0));
    await source[Symbol.asyncDispose]();
  });

  it('names what it left out', async () => {
    const { issuer, source, collected } = await overHttps();
    issuer.state.answer = json(keySetOf(ecKey('k1'), { ...ecKey('k2').jwk, use: 'enc' }));
    await source.start(running);
    expect(collected.lines[0]?.fields).to.deep.equal({ issuer: 'cleat', keys: 1, skipped: ['key 1: use is not sig'] });
  });

  it('refuses to start on a file that is missing, too large or no key set: CONFIG_FILE', async () => {
    const path = join(folder, 'bad.json');
    const startCode = async (place: string): Promise<unknown> =>
      make({ place: { kind: 'file', path: place } })
        .source.start(running)
        .then(
          () => 'started',
          (thrown: unknown) => Fault.from(thrown).code,
        );
    expect(await startCode(join(folder, 'absent.json'))).to.equal('CONFIG_FILE');
    expect(await startCode(folder)).to.equal('CONFIG_FILE');
    for (const content of ['', '[]', '{"keys":[]}', ' '.repeat(256 * 1024 + 1)]) {
      writeFileSync(path, content);
      expect(await startCode(path), content.slice(0, 20)).to.equal('CONFIG_FILE');
    }
  });

  it('follows a file, keeps the last good content, and never calls it stale', async () => {
    const path = join(folder, 'good.json');
    writeFileSync(path, keySetOf(ecKey('k1')));
    const { source, collected, clock } = make({ place: { kind: 'file', path } });
    await source.start(running);
    writeFileSync(path, keySetOf(ecKey('k2')));
    await collected.line(({ message }) => message === 'issuer keys adopted' && kids(source)?.toString() === 'k2');
    writeFileSync(path, '{');
    await collected.line(({ level }) => level === 'warn');
    clock.now = epochMilliseconds(clock.now + 10 * 86_400_000);
    expect(kids(source)).to.deep.equal(['k2']);
  });
});
