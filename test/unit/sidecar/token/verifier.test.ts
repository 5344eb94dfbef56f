import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { admit } from '../../../../core/fault/refusal.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { INTROSPECTED } from '../../../../core/token/introspection.ts';
import type { IssuerOptions } from '../../../../core/token/issuer.ts';
import type { JsonObject } from '../../../../core/token/json.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createKeyMeasures, createKeySource, type KeySource } from '../../../../runtime/jwks.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { createVerifier, type TokenVerifier } from '../../../../sidecar/token/verifier.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import {
  claimsOf,
  ecKey,
  headerOf,
  ISS,
  keySetOf,
  NOW,
  part,
  peerOf,
  rulesOf,
  type SigningKey,
  signToken,
} from '../../core/token/tokens.ts';

const OTHER_ISS = 'https://partner.test';

describe('createVerifier()', () => {
  const key = ecKey('k1');
  const partnerKey = ecKey('p1');
  const peer = peerOf();
  const folder = mkdtempSync(join(tmpdir(), 'cleat-verifier-'));
  const sources: KeySource[] = [];
  after(async () => {
    for (const source of sources) await source[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** A source over a file of its own. `publish` changes the file, which `seek` then reads. */
  async function sourceOf(...keys: readonly (SigningKey | object)[]) {
    const path = join(folder, `${sources.length}.json`);
    const publish = (...next: readonly (SigningKey | object)[]): void => writeFileSync(path, keySetOf(...next));
    publish(...keys);
    const source = createKeySource({
      issuer: `issuer-${sources.length}`,
      iss: ISS,
      place: { kind: 'file', path },
      trust: () => undefined,
      clock: systemClock(),
      jitter: () => 0,
      log: collectLog().log,
      measures: createKeyMeasures(createMetrics()),
      spans: { cooldown: milliseconds(0) },
    });
    sources.push(source);
    await source.start(new AbortController().signal);
    return { source, publish };
  }

  async function verifierOf(options: Partial<IssuerOptions> = {}) {
    const own = await sourceOf(key);
    const partner = await sourceOf(partnerKey);
    const issuers = [
      { rules: rulesOf(options), source: own.source },
      { rules: rulesOf({ name: 'partner', issuer: OTHER_ISS }), source: partner.source },
    ];
    return { ...own, verifier: createVerifier({ issuers, audiences: ['payments'] }) };
  }

  async function codeOf(verifier: TokenVerifier, text: string): Promise<string> {
    const token = await verifier.verify(text, peer, NOW);
    return token.ok ? 'ok' : token.refusal.code;
  }

  it('A-401 A-402 A-405 refuses unsigned tokens and HMAC with the public key', async () => {
    const { verifier } = await verifierOf();
    const bare = `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claimsOf())}`;
    expect(await codeOf(verifier, `${bare}.`)).to.equal('TOKEN_GRAMMAR');
    expect(await codeOf(verifier, `${bare}.AAAA`)).to.equal('TOKEN_ALGORITHM');
    const signed = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${part(claimsOf())}`;
    const mac = createHmac('sha256', JSON.stringify(key.jwk)).update(signed).digest('base64url');
    expect(await codeOf(verifier, `${signed}.${mac}`)).to.equal('TOKEN_ALGORITHM');
    const allowed = await verifierOf({ algorithms: ['ES256', 'RS256'] });
    expect(await codeOf(allowed.verifier, signToken(key, claimsOf(), headerOf(key, { alg: 'RS256' })))).to.equal(
      'TOKEN_ALGORITHM',
    );
  });

  it('A-405 refuses changed claims, a changed header and the signature of another key: TOKEN_SIGNATURE', async () => {
    const { verifier } = await verifierOf();
    const good = signToken(key);
    const [header = '', , signature = ''] = good.split('.');
    const claims = part(claimsOf({ scope: 'admin' }));
    expect(await codeOf(verifier, `${header}.${claims}.${signature}`)).to.equal('TOKEN_SIGNATURE');
    const payload = good.split('.')[1] ?? '';
    expect(await codeOf(verifier, `${part(headerOf(key, { a: 1 }))}.${payload}.${signature}`)).to.equal(
      'TOKEN_SIGNATURE',
    );
    expect(await codeOf(verifier, signToken({ ...ecKey('k1'), jwk: key.jwk }))).to.equal('TOKEN_SIGNATURE');
    expect(await codeOf(verifier, `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`)).to.equal(
      'TOKEN_SIGNATURE',
    );
  });

  it('A-407 never uses a key that travels in the header', async () => {
    const { verifier } = await verifierOf();
    const thief = ecKey('thief');
    expect(await codeOf(verifier, signToken(thief, claimsOf(), headerOf(thief, { jwk: thief.jwk })))).to.equal(
      'TOKEN_KEY',
    );
    expect(
      await codeOf(verifier, signToken(thief, claimsOf(), headerOf(thief, { jwk: thief.jwk, kid: 'k1' }))),
    ).to.equal('TOKEN_SIGNATURE');
  });

  it('A-408 A-409 refuses crit and b64 though the signature is good: TOKEN_HEADER', async () => {
    const { verifier } = await verifierOf();
    const changes = [{ crit: ['exp'] }, { b64: false, crit: ['b64'] }, { zip: 'DEF' }, { kid: ['k1'] }];
    for (const change of changes) {
      const text = signToken(key, claimsOf(), headerOf(key, change));
      expect(await codeOf(verifier, text), JSON.stringify(change)).to.equal('TOKEN_HEADER');
    }
  });

  it('A-410 A-412 A-414 A-416 refuses other forms before a key is looked at', async () => {
    const { verifier } = await verifierOf();
    expect(await codeOf(verifier, 'a.b.c.d.e')).to.equal('TOKEN_GRAMMAR');
    expect(await codeOf(verifier, `${signToken(key)}==`)).to.equal('TOKEN_GRAMMAR');
    expect(await codeOf(verifier, 'a'.repeat(1_000_000))).to.equal('TOKEN_TOO_LONG');
    const twice = JSON.stringify(claimsOf()).replace('{', `{"iss":"${OTHER_ISS}",`);
    expect(await codeOf(verifier, signToken(key, twice))).to.equal('TOKEN_JSON');
    expect(await codeOf(verifier, signToken(key, `\ufeff${JSON.stringify(claimsOf())}`))).to.equal('TOKEN_JSON');
    expect(await codeOf(verifier, signToken(key, signToken(key)))).to.equal('TOKEN_JSON');
    expect(await codeOf(verifier, signToken(key, ''))).to.equal('TOKEN_JSON');
  });

  it('A-420 refuses an unknown issuer, and the key of one issuer for another', async () => {
    const { verifier } = await verifierOf();
    for (const iss of ['https://evil.test', `${ISS}/`, undefined, 5, null])
      expect(await codeOf(verifier, signToken(key, claimsOf({ iss }))), String(iss)).to.equal('TOKEN_ISSUER');
    expect(await codeOf(verifier, signToken(key, claimsOf({ iss: OTHER_ISS })))).to.equal('TOKEN_KEY');
    expect(await codeOf(verifier, signToken(partnerKey))).to.equal('TOKEN_KEY');
    expect(await codeOf(verifier, signToken(partnerKey, claimsOf({ iss: OTHER_ISS })))).to.equal('ok');
  });

  it('checks the claims after the signature', async () => {
    const { verifier } = await verifierOf({ mustBind: true, maxLifetime: milliseconds(600_000) });
    const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ aud: 'catalog' }, 'TOKEN_AUDIENCE'],
      [{ exp: NOW - 30 }, 'TOKEN_EXPIRED'],
      [{ nbf: NOW + 31 }, 'TOKEN_EARLY'],
      [{ exp: NOW + 601 }, 'TOKEN_LIFETIME'],
      [{ sub: undefined }, 'TOKEN_CLAIMS'],
      [{ cnf: undefined }, 'BINDING_ABSENT'],
    ];
    for (const [changes, code] of wrong)
      expect(await codeOf(verifier, signToken(key, claimsOf(changes)))).to.equal(code);
    expect(await codeOf(verifier, signToken(key, claimsOf(), headerOf(key, { typ: 'JWT' })))).to.equal('TOKEN_TYPE');
  });

  it('A-433 answers TOKEN_KEYS_UNAVAILABLE while there are no keys', async () => {
    const source = createKeySource({
      issuer: 'absent',
      iss: ISS,
      place: { kind: 'file', path: join(folder, 'absent.json') },
      trust: () => undefined,
      clock: systemClock(),
      jitter: () => 0,
      log: collectLog().log,
      measures: createKeyMeasures(createMetrics()),
    });
    const verifier = createVerifier({ issuers: [{ rules: rulesOf(), source }], audiences: ['payments'] });
    expect(await codeOf(verifier, signToken(key))).to.equal('TOKEN_KEYS_UNAVAILABLE');
  });

  it('A-406 looks for an unknown kid once more, and adopts a new key', async () => {
    const { verifier, publish } = await verifierOf();
    const next = ecKey('k2');
    expect(await codeOf(verifier, signToken(next))).to.equal('TOKEN_KEY');
    publish(key, next);
    expect(await codeOf(verifier, signToken(next))).to.equal('ok');
    expect(await codeOf(verifier, signToken(key))).to.equal('ok');
  });

  it('A-432 remembers for this certificate and this listener alone', async () => {
    const { verifier, source } = await verifierOf();
    const text = signToken(key);
    expect(verifier.recall(text, peer, NOW)).to.equal(undefined);
    const token = await verifier.verify(text, peer, NOW);
    expect(verifier.recall(text, peer, NOW)).to.equal(token.ok && token.value);
    expect(verifier.recall(text, peerOf({ thumbprint: Buffer.alloc(32, 1) }), NOW)).to.equal(undefined);
    expect(verifier.recall(text, peer, epochSeconds(NOW + 300))).to.equal(undefined);
    const other = createVerifier({ issuers: [{ rules: rulesOf(), source }], audiences: ['catalog'] });
    expect(other.recall(text, peer, NOW)).to.equal(undefined);
    expect(await codeOf(other, text)).to.equal('TOKEN_AUDIENCE');
  });

  it('A-432 remembers no refusal, and nothing after forget()', async () => {
    const { verifier } = await verifierOf();
    const bad = signToken(key, claimsOf({ aud: 'catalog' }));
    expect(await codeOf(verifier, bad)).to.equal('TOKEN_AUDIENCE');
    expect(verifier.recall(bad, peer, NOW)).to.equal(undefined);
    const text = signToken(key);
    await verifier.verify(text, peer, NOW);
    verifier.forget();
    expect(verifier.recall(text, peer, NOW)).to.equal(undefined);
  });

  it('A-432 forgets when keys change, and judges once more what was judged meanwhile', async () => {
    const { verifier, publish, source } = await verifierOf();
    const text = signToken(key);
    await verifier.verify(text, peer, NOW);
    publish(ecKey('k3'));
    await source.seek('peer');
    expect(verifier.recall(text, peer, NOW)).to.equal(undefined);
    expect(await codeOf(verifier, text)).to.equal('TOKEN_KEY');
    publish(key);
    await source.seek('peer');
    const pending = verifier.verify(text, peer, NOW);
    verifier.forget();
    expect((await pending).ok).to.equal(true);
    expect(verifier.recall(text, peer, NOW)).to.have.property('jti', 'jti-1');
  });

  it('A-432 admits nothing by a key that went while it was looked at: TOKEN_KEY', async () => {
    const { source } = await sourceOf(key);
    const after = await sourceOf(ecKey('k3'));
    const tells: (() => void)[] = [];
    let current = source;
    const changing: KeySource = {
      ...source,
      keys() {
        const found = current.keys();
        if (current === source) {
          current = after.source;
          for (const tell of tells) tell();
        }
        return found;
      },
      seek: (asker) => current.seek(asker),
      subscribe(tell) {
        tells.push(tell);
        return source.subscribe(() => undefined);
      },
    };
    const verifier = createVerifier({ issuers: [{ rules: rulesOf(), source: changing }], audiences: ['payments'] });
    expect(await codeOf(verifier, signToken(key))).to.equal('TOKEN_KEY');
  });

  describe('forConnection()', () => {
    const clock = { now: milliseconds(0) };
    const monotonic = () => clock.now;
    const other = peerOf({ thumbprint: Buffer.alloc(32, 1) });

    /** A connection that has just had a good token admitted twice. */
    async function admitted() {
      const made = await verifierOf();
      const connection = made.verifier.forConnection({ monotonic });
      const text = signToken(key);
      await connection.verify(text, peer, NOW);
      expect(connection.recall(text, peer, NOW)).to.have.property('jti', 'jti-1');
      expect(connection.recall(text, peer, NOW)).to.have.property('jti', 'jti-1');
      return { ...made, connection, text };
    }

    it('A-432 knows the last token by its exact bytes alone', async () => {
      const { connection, text } = await admitted();
      const [header = '', payload = '', signature = ''] = text.split('.');
      const twins = [`${text} `, `${text}=`, text.slice(0, -1), `${header}.${payload}.${signature.toLowerCase()}`, ''];
      for (const twin of twins) expect(connection.recall(twin, peer, NOW), twin).to.equal(undefined);
    });

    it('A-432 knows it for its own certificate alone', async () => {
      const { connection, text } = await admitted();
      expect(connection.recall(text, other, NOW)).to.equal(undefined);
    });

    it('A-432 knows it no longer than exp and the certificate, also when the clock goes back', async () => {
      const { connection, text } = await admitted();
      expect(connection.recall(text, peer, epochSeconds(NOW + 299))).to.have.property('jti', 'jti-1');
      expect(connection.recall(text, peer, epochSeconds(NOW + 300))).to.equal(undefined);
      expect(connection.recall(text, peer, NOW)).to.equal(undefined);
      const short = peerOf({ notAfter: epochSeconds(NOW + 10) });
      const { verifier } = await verifierOf();
      const shorter = verifier.forConnection({ monotonic });
      await shorter.verify(text, short, NOW);
      expect(shorter.recall(text, short, epochSeconds(NOW + 10))).to.have.property('jti', 'jti-1');
      expect(shorter.recall(text, short, epochSeconds(NOW + 11))).to.equal(undefined);
    });

    it('A-432 forgets it with all others: revocation, policy and bundle call forget()', async () => {
      const { verifier, connection, text } = await admitted();
      verifier.forget();
      expect(connection.recall(text, peer, NOW)).to.equal(undefined);
    });

    it('A-432 forgets it when the keys change', async () => {
      const { publish, source, connection, text } = await admitted();
      publish(ecKey('k9'));
      await source.seek('peer');
      expect(connection.recall(text, peer, NOW)).to.equal(undefined);
    });

    it('A-432 shares what it knows with a connection of the same certificate, and with no other listener', async () => {
      const { verifier, source, text } = await admitted();
      expect(verifier.forConnection({ monotonic }).recall(text, peer, NOW)).to.have.property('jti', 'jti-1');
      expect(verifier.forConnection({ monotonic }).recall(text, other, NOW)).to.equal(undefined);
      const catalog = createVerifier({ issuers: [{ rules: rulesOf(), source }], audiences: ['catalog'] });
      expect(catalog.forConnection({ monotonic }).recall(text, peer, NOW)).to.equal(undefined);
    });

    it('refuses who shows unknown tokens faster than allowed, good or bad: LIMIT_TOKENS', async () => {
      const { source } = await sourceOf(key);
      const limits = { newTokensPerSecond: 10, newTokensBurst: 3 };
      const verifier = createVerifier({ issuers: [{ rules: rulesOf(), source }], audiences: ['payments'], limits });
      const connection = verifier.forConnection({ monotonic });
      const text = signToken(key);
      expect((await connection.verify(text, peer, NOW)).ok).to.equal(true);
      for (const bad of ['a', 'b']) await connection.verify(bad, peer, NOW);
      const refused = await connection.verify(signToken(key, claimsOf({ jti: 'jti-2' })), peer, NOW);
      expect(refused).to.have.nested.property('refusal.code', 'LIMIT_TOKENS');
      expect(refused).to.have.nested.property('refusal.retryAfter', 100);
      expect(connection.recall(text, peer, NOW), 'what is known costs nothing').to.have.property('jti', 'jti-1');
      expect((await verifier.forConnection({ monotonic }).verify(text, peer, NOW)).ok, 'another connection').to.equal(
        true,
      );
      clock.now = milliseconds(clock.now + 300);
      expect((await connection.verify(text, peer, NOW)).ok).to.equal(true);
    });
  });

  it('A-406 one peer with invented kids does not keep the new key from another', async () => {
    const path = join(folder, 'fair.json');
    writeFileSync(path, keySetOf(key));
    const source = createKeySource({
      issuer: 'fair',
      iss: ISS,
      place: { kind: 'file', path },
      trust: () => undefined,
      clock: systemClock(),
      jitter: () => 0,
      log: collectLog().log,
      measures: createKeyMeasures(createMetrics()),
    });
    sources.push(source);
    await source.start(new AbortController().signal);
    const verifier = createVerifier({ issuers: [{ rules: rulesOf(), source }], audiences: ['payments'] });
    const thief = peerOf({ id: demand(parseSpiffeId('spiffe://mesh.test/ns/shop/sa/thief')) });
    for (const kid of ['x1', 'x2', 'x3']) {
      const refused = await verifier.verify(signToken(ecKey(kid)), thief, NOW);
      expect(refused).to.have.nested.property('refusal.code', 'TOKEN_KEY');
    }
    const next = ecKey('k2');
    // Written in place, so that only the load that is asked for can find it in time.
    writeFileSync(path, keySetOf(key, next));
    expect(await codeOf(verifier, signToken(next))).to.equal('ok');
  });

  it('asks its issuer about opaque tokens, and believes the answer for 30 s, never past exp', async () => {
    const { source } = await sourceOf(key);
    const answers = { exp: NOW + 300, asked: 0 };
    const introspector = {
      ask() {
        answers.asked += 1;
        return Promise.resolve(admit(claimsOf({ iss: OTHER_ISS, exp: answers.exp }) as JsonObject));
      },
    };
    const asked = { rules: rulesOf({ name: 'sso', issuer: OTHER_ISS, types: [INTROSPECTED] }), introspector };
    const verifier = createVerifier({ issuers: [{ rules: rulesOf(), source }], asked, audiences: ['payments'] });
    expect(await codeOf(verifier, 'opaque')).to.equal('ok');
    expect(verifier.recall('opaque', peer, epochSeconds(NOW + 29))).to.have.property('issuer', 'sso');
    expect(verifier.recall('opaque', peer, epochSeconds(NOW + 30))).to.equal(undefined);
    answers.exp = NOW + 10;
    expect(await codeOf(verifier, 'short')).to.equal('ok');
    expect(verifier.recall('short', peer, epochSeconds(NOW + 10))).to.equal(undefined);
    expect(answers.asked).to.equal(2);
    expect(await codeOf(verifier, signToken(key)), 'a JWT of an issuer with keys').to.equal('ok');
    expect(await codeOf(verifier, signToken(key, claimsOf({ iss: 'https://evil.test' })))).to.equal('TOKEN_ISSUER');
    expect(answers.asked).to.equal(2);
    expect(() =>
      createVerifier({ issuers: [{ rules: rulesOf({ issuer: OTHER_ISS }), source }], asked, audiences: [] }),
    ).to.throw(TypeError);
  });

  it('keeps its memory over a reload that brings the same keys', async () => {
    const { verifier, source } = await verifierOf();
    const text = signToken(key);
    await verifier.verify(text, peer, NOW);
    await source.seek('peer');
    expect(verifier.recall(text, peer, NOW)).to.have.property('jti', 'jti-1');
  });

  it('verifies each algorithm that an issuer may use', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { source } = await sourceOf({ ...publicKey.export({ format: 'jwk' }), kid: 'ed' });
    const verifier = createVerifier({
      issuers: [{ rules: rulesOf({ algorithms: ['Ed25519', 'EdDSA'] }), source }],
      audiences: ['payments'],
    });
    for (const alg of ['Ed25519', 'EdDSA']) {
      const signed = `${part({ alg, typ: 'at+jwt', kid: 'ed' })}.${part(claimsOf())}`;
      const text = `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
      expect(await codeOf(verifier, text), alg).to.equal('ok');
    }
  });

  it('takes a token without kid where one key fits', async () => {
    const { verifier } = await verifierOf();
    expect(await codeOf(verifier, signToken(key, claimsOf(), headerOf(key, { kid: undefined })))).to.equal('ok');
  });

  it('throws for two issuers with one iss', async () => {
    const { source } = await sourceOf(key);
    const issuer = { rules: rulesOf(), source };
    expect(() => createVerifier({ issuers: [issuer, issuer], audiences: ['payments'] })).to.throw(TypeError);
  });
});
