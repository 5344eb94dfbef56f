import { expect } from 'chai';

import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { checkClaims } from '../../../../core/token/claims.ts';
import { type IssuerOptions, issuerRules } from '../../../../core/token/issuer.ts';
import { parseStrictObject } from '../../../../core/token/json.ts';
import type { VerifiedToken } from '../../../../core/token/verified-token.ts';
import { AGENT, claimsOf, ISS, NOW, rulesOf } from './tokens.ts';

interface Setting {
  readonly options?: Partial<IssuerOptions>;
  readonly type?: string | undefined;
  readonly audiences?: readonly string[];
}

function check(changes: Readonly<Record<string, unknown>> | string, setting: Setting = {}): unknown {
  const text = typeof changes === 'string' ? changes : JSON.stringify(claimsOf(changes));
  const claims = parseStrictObject(Buffer.from(text));
  if (!claims.ok) return claims.refusal.code;
  const type = 'type' in setting ? setting.type : 'at+jwt';
  const expected = { rules: rulesOf(setting.options), audiences: setting.audiences ?? ['payments'], now: NOW };
  const token = checkClaims({ type, keyId: 'key-1', claims: claims.value, digest: '0123456789ab' }, expected);
  return token.ok ? token.value : token.refusal.code;
}

function admitted(changes: Readonly<Record<string, unknown>> = {}, setting: Setting = {}): VerifiedToken {
  const token = check(changes, setting);
  if (typeof token !== 'object') throw new TypeError(JSON.stringify(token));
  return token as VerifiedToken;
}

const untyped = { type: undefined, options: { types: ['JWT'] } };

describe('checkClaims()', () => {
  it('A-420 refuses an iss that is absent or not equal byte by byte: TOKEN_ISSUER', () => {
    for (const iss of [undefined, `${ISS}/`, ISS.toUpperCase(), ` ${ISS}`, '', null, [ISS], 5])
      expect(check({ iss }), JSON.stringify(iss)).to.equal('TOKEN_ISSUER');
  });

  it('refuses a typ that the issuer entry does not accept: TOKEN_TYPE', () => {
    for (const type of ['jwt', 'dpop+jwt', 'wit+jwt', 'txntoken+jwt', 'at', 'at+jwt2', 'text/at+jwt', undefined])
      expect(check({}, { type }), String(type)).to.equal('TOKEN_TYPE');
    expect(check({}, { type: 'at+jwt', options: { types: ['JWT'] } })).to.equal('TOKEN_TYPE');
  });

  it('refuses an untyped token whose claims mark another kind: TOKEN_TYPE', () => {
    for (const mark of ['nonce', 'at_hash', 'c_hash', 'events'])
      for (const type of ['jwt', undefined])
        expect(check({ [mark]: 'x' }, { ...untyped, type }), mark).to.equal('TOKEN_TYPE');
    expect(admitted({ nonce: 'x' }).label).to.equal('jti-1');
  });

  it('refuses as an ID token what allows something or tells of an event, and any access token: TOKEN_TYPE', () => {
    const asId = (changes: Readonly<Record<string, unknown>>, type?: string): unknown =>
      check({ scope: undefined, ...changes }, { type, options: { tokens: 'id', types: ['JWT'] } });
    for (const mark of ['events', 'scope', 'scp']) expect(asId({ [mark]: 'x' }), mark).to.equal('TOKEN_TYPE');
    for (const type of ['at+jwt', 'logout+jwt', 'dpop+jwt']) expect(asId({}, type), type).to.equal('TOKEN_TYPE');
    expect(asId({ nonce: 'n', at_hash: 'a', c_hash: 'c' })).to.have.property('label', 'jti-1');
  });

  it('refuses an at+jwt without what RFC 9068 demands: TOKEN_CLAIMS', () => {
    for (const name of ['sub', 'client_id', 'jti', 'iat', 'exp', 'aud'])
      expect(check({ [name]: undefined }), name).to.equal('TOKEN_CLAIMS');
  });

  it('A-414 refuses names that are no plain text: TOKEN_CLAIMS', () => {
    for (const name of ['sub', 'client_id', 'azp', 'jti'])
      for (const value of [
        '',
        5,
        null,
        [AGENT],
        {},
        true,
        'a\0b',
        'a\nb',
        'a\u0085b',
        'a\u007f',
        'a'.repeat(2049),
        'é'.repeat(1025),
      ])
        expect(check({ [name]: value }), `${name} ${JSON.stringify(value)}`).to.equal('TOKEN_CLAIMS');
  });

  it('A-419 refuses an aud that is absent or of another type: TOKEN_CLAIMS', () => {
    for (const aud of [undefined, null, 5, {}, [], ['payments', 5], [['payments']], true])
      expect(check({ aud }), JSON.stringify(aud)).to.equal('TOKEN_CLAIMS');
  });

  it('A-419 refuses an aud that does not name this service: TOKEN_AUDIENCE', () => {
    for (const aud of [
      'payment',
      'payments2',
      'Payments',
      'payments ',
      '',
      'payments,catalog',
      ['catalog', 'pay'],
      '*',
    ])
      expect(check({ aud }), JSON.stringify(aud)).to.equal('TOKEN_AUDIENCE');
    expect(check({}, { audiences: [] })).to.equal('TOKEN_AUDIENCE');
  });

  it('A-417 refuses times that are no whole seconds: TOKEN_CLAIMS', () => {
    for (const name of ['exp', 'iat', 'nbf'])
      for (const value of [null, String(NOW + 10), NOW + 10.5, -1, 2 ** 53 + 2, 253_402_300_800, true, [NOW], {}, ''])
        expect(check({ [name]: value }), `${name} ${JSON.stringify(value)}`).to.equal('TOKEN_CLAIMS');
    expect(check(JSON.stringify(claimsOf()).replace(/"exp":\d+/, '"exp":1e400'))).to.equal('TOKEN_JSON');
    expect(check(JSON.stringify(claimsOf()).replace(/"exp":\d+/, '"exp":1e300'))).to.equal('TOKEN_CLAIMS');
  });

  it('A-418 A-429 refuses a token at exp plus skew, and not a second before: TOKEN_EXPIRED', () => {
    expect(check({ exp: NOW - 30 })).to.equal('TOKEN_EXPIRED');
    expect(check({ exp: NOW - 300 })).to.equal('TOKEN_EXPIRED');
    expect(check({ exp: NOW, iat: NOW - 10 }, { options: { skew: milliseconds(0) } })).to.equal('TOKEN_EXPIRED');
    expect(admitted({ exp: NOW - 29 }).expiresAt).to.equal(NOW - 29);
    expect(admitted({ exp: NOW - 1, iat: NOW - 10 }, { options: { skew: milliseconds(2000) } }).expiresAt).to.equal(
      NOW - 1,
    );
  });

  it('A-429 refuses the tokens of an issuer whose clock is off by 5 min, also at the widest skew', () => {
    const options = { skew: milliseconds(60_000) };
    const life = { iat: NOW + 300, nbf: NOW + 300, exp: NOW + 600 };
    expect(check(life, { options }), 'ahead').to.equal('TOKEN_EARLY');
    expect(check({ iat: NOW - 600, nbf: NOW - 600, exp: NOW - 300 }, { options }), 'behind').to.equal('TOKEN_EXPIRED');
  });

  it('A-418 refuses nbf and iat ahead of now plus skew: TOKEN_EARLY', () => {
    for (const name of ['nbf', 'iat']) {
      expect(check({ [name]: NOW + 31 }), name).to.equal('TOKEN_EARLY');
      expect(check({ [name]: NOW + 30 }), name).to.be.an('object');
    }
  });

  it('A-418 refuses a life over the maximum, and one that cannot be told: TOKEN_LIFETIME', () => {
    const options = { maxLifetime: milliseconds(300_000) };
    expect(check({ exp: NOW + 301 }, { options })).to.equal('TOKEN_LIFETIME');
    expect(check({ iat: undefined }, { ...untyped, options: { ...options, types: ['JWT'] } })).to.equal('TOKEN_CLAIMS');
    expect(check({ exp: NOW + 300 }, { options })).to.be.an('object');
    expect(check({ exp: NOW + 999_999 })).to.be.an('object');
  });

  it('refuses scopes that are no list with single spaces: TOKEN_CLAIMS', () => {
    const many = Array.from({ length: 65 }, (_none, at) => `s${at}`).join(' ');
    for (const scope of [' ', 'a  b', ' a', 'a ', 'a\tb', 'a"b', 'a\\b', 'é', many, ['a', 5], [['a']], 5, null, {}])
      expect(check({ scope }), JSON.stringify(scope)).to.equal('TOKEN_CLAIMS');
  });

  it('refuses an act that is malformed or nested deeper than four: TOKEN_CLAIMS', () => {
    const nest = (depth: number): object => (depth === 1 ? { sub: 'a1' } : { sub: `a${depth}`, act: nest(depth - 1) });
    for (const act of [
      null,
      'x',
      [],
      {},
      { sub: '' },
      { sub: 5 },
      { sub: 'a', act: null },
      { sub: 'a', act: {} },
      nest(5),
    ])
      expect(check({ act }), JSON.stringify(act)).to.equal('TOKEN_CLAIMS');
    expect(admitted({ act: nest(4) }).actors).to.deep.equal(['a4', 'a3', 'a2', 'a1']);
  });

  it('refuses an unbound token of an issuer whose tokens must be bound: BINDING_ABSENT', () => {
    const options = { mustBind: true };
    expect(check({ cnf: undefined }, { options })).to.equal('BINDING_ABSENT');
    expect(check({}, { options })).to.be.an('object');
  });

  it('gives the token', () => {
    const { claims, ...token } = admitted({ aud: ['catalog', 'payments'], origin: 'client:billing' });
    expect(token).to.deep.equal({
      issuer: 'cleat',
      rules: rulesOf(),
      keyId: 'key-1',
      iss: ISS,
      subject: AGENT,
      clientId: AGENT,
      actor: AGENT,
      actors: [],
      audience: 'payments',
      jti: 'jti-1',
      label: 'jti-1',
      scopes: ['payments.read', 'payments.write'],
      origins: ['client:billing'],
      issuedAt: NOW,
      expiresAt: epochSeconds(NOW + 300),
      confirmation: claimsOf()['cnf'],
    });
    expect(claims['aud']).to.deep.equal(['catalog', 'payments']);
  });

  it('finds the current actor: act.sub, else client_id, azp, sub', () => {
    const all = { act: { sub: 'act' }, client_id: 'client', azp: 'azp', sub: 'sub' };
    const actorOf = (changes: Readonly<Record<string, unknown>>) => admitted({ ...all, ...changes }, untyped).actor;
    expect(actorOf({})).to.equal('act');
    expect(actorOf({ act: undefined })).to.equal('client');
    expect(actorOf({ act: undefined, client_id: undefined })).to.equal('azp');
    expect(actorOf({ act: undefined, client_id: undefined, azp: undefined })).to.equal('sub');
    expect(actorOf({ act: undefined, client_id: undefined, azp: undefined, sub: undefined })).to.equal(undefined);
  });

  it('names a token without jti by its digest, and takes an absent or empty scope as none', () => {
    expect(admitted({ jti: undefined, iat: undefined, scope: undefined }, untyped)).to.deep.include({
      label: '0123456789ab',
      jti: undefined,
      issuedAt: undefined,
      scopes: [],
    });
    expect(admitted({ scope: '' }).scopes).to.deep.equal([]);
    expect(admitted({}, { ...untyped, type: 'jwt' }).issuer).to.equal('cleat');
  });

  it('takes members off the cnf that say nothing, and those alone', () => {
    expect(admitted({ cnf: { jkt: 'x', 'kc-jkt-type': 'y' } }).confirmation).to.deep.equal({ jkt: 'x' });
    expect(admitted({ cnf: { 'kc-jkt-type': 'y' } }).confirmation).to.deep.equal({});
    expect(admitted({ cnf: null }).confirmation).to.equal(null);
    expect(admitted({ cnf: { a: 1 } }, { options: { ignoreCnf: ['a'] } }).confirmation).to.deep.equal({});
    expect(admitted({ cnf: undefined }).confirmation).to.equal(undefined);
  });
});

describe('issuerRules()', () => {
  const options: IssuerOptions = { name: 'a', issuer: ISS, algorithms: ['ES256'] };

  it('throws for a skew over 60 s', () => {
    for (const skew of [-1, 60_001, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => issuerRules({ ...options, skew: milliseconds(skew) }), String(skew)).to.throw(TypeError);
  });

  it('throws for an ignore list that would turn bound tokens into bearer tokens', () => {
    for (const member of ['x5t#S256', 'jkt', 'jwk', 'jwe', 'kid', 'jku'])
      expect(() => issuerRules({ ...options, ignoreCnf: [member] }), member).to.throw(TypeError);
  });

  it('fills in the defaults', () => {
    expect(issuerRules(options)).to.deep.equal({
      ...options,
      types: ['at+jwt'],
      audiences: [],
      scopes: [['scope']],
      claims: [],
      tokens: 'access',
      skew: 30,
      maxLifetime: undefined,
      mustBind: false,
      trustDomain: undefined,
      lineage: false,
      jkt: 'dpop',
      ignoreCnf: ['kc-jkt-type'],
    });
    expect(issuerRules({ ...options, types: ['application/JWT'] }).types).to.deep.equal(['jwt']);
  });
});
