import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';
import { calculateJwkThumbprint } from 'jose';

import { formatKey, makeKey } from '../../../../ca/signer/key-file.ts';
import { planKeys, type KeyLife, type KeyTerms } from '../../../../ca/tokens/key-plan.ts';
import { toKeySet, toPublicJwk, toTokenKey } from '../../../../ca/tokens/keys.ts';
import { createTokenKeyService } from '../../../../ca/tokens/service.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { codeOf, tempFolder, testClock, thrownBy } from '../small-ca.ts';
import { heardAudit } from './askers.ts';
import { NOW } from './registered.ts';

const DAY = 86_400;

describe('token keys', () => {
  it('has no JWK for other keys', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    expect(() => toPublicJwk(publicKey)).to.throw(TypeError);
  });

  it('is named by its RFC 7638 thumbprint, as jose computes it', async () => {
    const key = toTokenKey(makeKey());
    expect(key.id).to.equal(await calculateJwkThumbprint({ ...key.publicJwk }, 'sha256'));
  });

  it('publishes nothing private', () => {
    const key = toTokenKey(makeKey());
    const { x, y } = createPublicKey(key.privateKey).export({ format: 'jwk' });
    expect(toKeySet([key])).to.deep.equal({
      keys: [{ kty: 'EC', crv: 'P-256', x, y, use: 'sig', alg: 'ES256', kid: key.id }],
    });
  });
});

describe('planKeys()', () => {
  const at = (offset: number) => epochSeconds(NOW + offset);
  const signing: KeyLife = { id: 'a', publishedAt: at(0), signsFrom: at(0), retiredAt: undefined };
  const next = (published: number): KeyLife => ({
    id: 'b',
    publishedAt: at(published),
    signsFrom: undefined,
    retiredAt: undefined,
  });
  const plan = (lives: readonly KeyLife[], offset: number, wish: KeyTerms['wish'] = 'none') =>
    planKeys(lives, { rotateAfter: seconds(DAY), wish, now: at(offset) });

  it('makes the first key and lets it sign', () => {
    expect(plan([], 0)).to.deep.equal(['prepare', 'activate']);
  });

  it('does nothing while a key is young, and never rotates by age where no age is set', () => {
    expect(plan([signing], DAY - 661)).to.deep.equal([]);
    const terms: KeyTerms = { rotateAfter: undefined, wish: 'none', now: at(1000 * DAY) };
    expect(planKeys([signing], terms)).to.deep.equal([]);
  });

  it('A-625 publishes the next key for longer than a verifier keeps a set, before it signs', () => {
    expect(plan([signing], DAY - 660)).to.deep.equal(['prepare']);
    expect(plan([signing, next(DAY - 659)], DAY)).to.deep.equal([]);
    expect(plan([signing, next(DAY - 660)], DAY)).to.deep.equal(['activate']);
  });

  it('A-625 keeps an old key until the last token that it signed is over', () => {
    const retired: KeyLife = { ...signing, retiredAt: at(DAY) };
    const young: KeyLife = { ...next(0), signsFrom: at(DAY) };
    expect(plan([retired, young], DAY + 3659)).to.deep.equal([]);
    expect(plan([retired, young], DAY + 3660)).to.deep.equal([{ drop: 'a' }]);
  });

  it('replaces all keys at once when it shall be now', () => {
    expect(plan([signing], 10, 'now')).to.deep.equal(['replace']);
    expect(
      plan([{ ...signing, retiredAt: at(5) }, { ...next(0), signsFrom: at(5) }, next(6)], 10, 'now'),
    ).to.deep.equal(['replace']);
  });

  it('rotates soon once the next key is known', () => {
    expect(plan([signing], 10, 'soon')).to.deep.equal(['prepare']);
    expect(plan([signing, next(10)], 600, 'soon')).to.deep.equal([]);
    expect(plan([signing, next(10)], 670, 'soon')).to.deep.equal(['activate']);
    // A restart forgets who asked.
    expect(plan([signing, next(10)], 670)).to.deep.equal(['activate']);
  });
});

describe('createTokenKeyService()', () => {
  function scene(dataDir: string) {
    const clock = testClock();
    const audit = heardAudit();
    const deps = { dataDir, rotateAfter: seconds(DAY), audit, clock, log: collectLog().log };
    return { clock, audit, deps, service: createTokenKeyService(deps) };
  }
  const GO = new AbortController().signal;
  const filesOf = (dataDir: string) => readdirSync(`${dataDir}/tokens`).filter((file) => file.endsWith('.key'));

  it('gives no key before it has started', async () => {
    using folder = tempFolder();
    await using service = scene(folder.path).service;
    expect(await thrownBy(() => service.current())).to.equal('BUG_UNEXPECTED');
  });

  it('refuses a key file that is wider than 0600, damaged or of another key with SIGNER_KEY', async () => {
    using folder = tempFolder();
    await using first = scene(folder.path).service;
    await first.start(GO);
    const file = `${folder.path}/tokens/${first.current().id}.key`;
    chmodSync(file, 0o640);
    expect(await thrownBy(() => scene(folder.path).service.start(GO))).to.equal('SIGNER_KEY');
    chmodSync(file, 0o600);
    writeFileSync(file, formatKey(makeKey()));
    expect(await thrownBy(() => scene(folder.path).service.start(GO))).to.equal('SIGNER_KEY');
    writeFileSync(`${folder.path}/tokens/keys.json`, '{"keys":[{"id":"x"}]}');
    expect(await thrownBy(() => scene(folder.path).service.start(GO))).to.equal('SIGNER_KEY');
  });

  it('rotates nothing that the audit stream cannot be told: ISSUE_AUDIT', async () => {
    using folder = tempFolder();
    const { deps } = scene(folder.path);
    let broken = false;
    const audit = {
      record: (...told: Parameters<typeof deps.audit.record>) =>
        broken ? refuse('ISSUE_AUDIT') : deps.audit.record(...told),
    };
    await using service = createTokenKeyService({ ...deps, audit });
    await service.start(GO);
    broken = true;
    const before = service.current().id;
    expect(codeOf(service.rotate('now'))).to.equal('ISSUE_AUDIT');
    expect(service.current().id).to.equal(before);
  });

  it('goes on with the one key of a folder from before there were several', async () => {
    using folder = tempFolder();
    const { service: first } = scene(folder.path);
    await first.start(GO);
    const key = first.current();
    writeFileSync(`${folder.path}/tokens/signing.key`, formatKey(key.privateKey), { mode: 0o600 });
    rmSync(`${folder.path}/tokens/keys.json`);
    rmSync(`${folder.path}/tokens/${key.id}.key`);
    await using second = scene(folder.path).service;
    await second.start(GO);
    expect(second.current().id).to.equal(key.id);
    expect(existsSync(`${folder.path}/tokens/${key.id}.key`)).to.equal(true);
  });

  it('A-625 keeps the old key published when it rotates, over a restart too, and tells the audit stream', async () => {
    using folder = tempFolder();
    const { service, audit, clock } = scene(folder.path);
    await service.start(GO);
    const old = service.current().id;
    expect(demand(service.rotate('soon'))).to.deep.equal([]);
    clock.advance(660);
    expect(demand(service.rotate('soon'))).to.deep.equal([]);
    const young = service.current().id;
    expect(young).not.to.equal(old);
    expect(service.published().map(({ id }) => id)).to.deep.equal([old, young]);
    expect(audit.lines.map(({ facts }) => facts)).to.deep.include({ step: 'activate', key: young });
    await service[Symbol.asyncDispose]();
    await using again = scene(folder.path).service;
    await again.start(GO);
    expect(again.current().id).to.equal(young);
    expect(again.published().map(({ id }) => id)).to.deep.equal([old, young]);
    for (const file of filesOf(folder.path))
      expect(statSync(`${folder.path}/tokens/${file}`).mode & 0o777).to.equal(0o600);
  });

  it('takes every key of before out of the published set and off the disk when it rotates now', async () => {
    using folder = tempFolder();
    await using service = scene(folder.path).service;
    await service.start(GO);
    demand(service.rotate('soon'));
    const before = service.published().map(({ id }) => id);
    expect(before).to.have.length(2);
    expect(demand(service.rotate('now'))).to.deep.equal(before);
    const young = service.current().id;
    expect(before).not.to.include(young);
    expect(service.published().map(({ id }) => id)).to.deep.equal([young]);
    expect(filesOf(folder.path)).to.deep.equal([`${young}.key`]);
  });

  it('keeps all keys where they cannot be replaced, and does not do it later unasked: SIGNER_KEY', async () => {
    using folder = tempFolder();
    const place = `${folder.path}/tokens`;
    const { service, audit } = scene(folder.path);
    await using _end = service;
    await service.start(GO);
    const old = service.current().id;
    renameSync(place, `${place}.away`);
    expect(codeOf(service.rotate('now'))).to.equal('SIGNER_KEY');
    renameSync(`${place}.away`, place);
    expect(demand(service.rotate('soon'))).to.deep.equal([]);
    expect(service.current().id).to.equal(old);
    const both = service.published().map(({ id }) => id);
    demand(service.rotate('now'));
    expect(audit.lines.at(-1)?.facts).to.include({ step: 'replace', gone: both.join(' ') });
  });

  it('publishes no more than eight keys, however often it is told to rotate', async () => {
    using folder = tempFolder();
    const { service, clock } = scene(folder.path);
    await using _end = service;
    await service.start(GO);
    let most = 0;
    for (let step = 0; step < 600; step += 1) {
      demand(service.rotate('soon'));
      most = Math.max(most, service.published().length);
      clock.advance(30);
    }
    for (let step = 0; step < 66; step += 1) demand(service.rotate('now'));
    expect(most).to.equal(8);
    expect(service.published()).to.have.length(1);
  }).timeout(20_000);

  it('prepares soon, and signs with the old key until then', async () => {
    using folder = tempFolder();
    await using service = scene(folder.path).service;
    await service.start(GO);
    const old = service.current().id;
    expect(codeOf(service.rotate('soon'))).to.equal('ok');
    expect(service.current().id).to.equal(old);
    expect(service.lives()).to.have.length(2);
    expect(filesOf(folder.path)).to.have.length(2);
  });
});
