import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { admit, type Outcome, refuse } from '../../../../core/fault/refusal.ts';
import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { bind, type BindingMode } from '../../../../core/token/bind.ts';
import { boundBy } from '../../../../core/token/confirmation.ts';
import { checkClaims } from '../../../../core/token/claims.ts';
import type { IssuerOptions } from '../../../../core/token/issuer.ts';
import { parseStrictObject } from '../../../../core/token/json.ts';
import type { DpopProof } from '../../../../core/token/proof.ts';
import { thumbprintOf } from '../../../../core/token/thumbprint.ts';
import type { VerifiedToken } from '../../../../core/token/verified-token.ts';
import { AGENT, claimsOf, NOW, peerOf, rulesOf } from './tokens.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const JWK = publicKey.export({ format: 'jwk' });
const JKT = thumbprintOf(publicKey);
const OTHER = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;
const PEER = peerOf({ keyThumbprint: () => JKT });
const X5T = PEER.thumbprintText;
const STRANGER = Buffer.alloc(32, 9).toString('base64url');
const STRICT: readonly BindingMode[] = ['required', 'identity', 'optional'];

function tokenOf(changes: Readonly<Record<string, unknown>>, options: Partial<IssuerOptions> = {}): VerifiedToken {
  const claims = demand(parseStrictObject(Buffer.from(JSON.stringify(claimsOf(changes)))));
  const expected = { rules: rulesOf(options), audiences: ['payments'], now: NOW };
  return demand(checkClaims({ type: 'at+jwt', keyId: 'key-1', claims, digest: '0123456789ab' }, expected));
}

interface Way {
  readonly mode?: BindingMode;
  readonly proof?: Outcome<DpopProof>;
  readonly peer?: typeof PEER;
}

function result(token: VerifiedToken, { mode = 'required', proof, peer = PEER }: Way = {}): string {
  const caller = bind(token, peer, { mode, proof, lineage: true, revocations: NO_REVOCATIONS, now: NOW });
  return caller.ok ? `${caller.value.binding}: ${caller.value.proofs.join(' ')}` : caller.refusal.code;
}

const refuses = (token: VerifiedToken, code: string, way: Way = {}): void => {
  for (const mode of STRICT) expect(result(token, { ...way, mode }), mode).to.equal(code);
};
const proofBy = (jkt: string): Outcome<DpopProof> => admit({ jkt, jti: 'one', issuedAt: NOW });
const TLS = { jkt: 'tls' } as const;

describe('bind() by key', () => {
  describe('jkt', () => {
    it('A-446 refuses it as Bearer on every route: BINDING_PROOF_ABSENT', () => {
      refuses(tokenOf({ cnf: { jkt: JKT } }), 'BINDING_PROOF_ABSENT');
      refuses(tokenOf({ cnf: { jkt: JKT, 'x5t#S256': X5T } }), 'BINDING_PROOF_ABSENT');
    });

    it('A-448 refuses a good proof by another key: BINDING_PROOF_KEY', () => {
      refuses(tokenOf({ cnf: { jkt: JKT } }), 'BINDING_PROOF_KEY', { proof: proofBy(thumbprintOf(OTHER)) });
      refuses(tokenOf({ cnf: { jkt: JKT } }, TLS), 'BINDING_PROOF_KEY', { proof: proofBy(thumbprintOf(OTHER)) });
    });

    it('A-447 refuses the scheme DPoP for a token that is bound to no key: BINDING_PROOF_KEY', () => {
      const proof = proofBy(JKT);
      refuses(tokenOf({ cnf: undefined }), 'BINDING_PROOF_KEY', { proof });
      refuses(tokenOf({ cnf: { 'x5t#S256': X5T } }), 'BINDING_PROOF_KEY', { proof });
      refuses(tokenOf({ cnf: { jwk: JWK } }), 'BINDING_PROOF_KEY', { proof });
    });

    it('A-449 A-450 passes on why the proof was refused', () => {
      for (const code of [
        'BINDING_PROOF',
        'BINDING_NONCE',
        'BINDING_REPLAY',
        'BINDING_PROOF_ABSENT',
        'LIMIT_REPLAY',
      ] as const)
        refuses(tokenOf({ cnf: { jkt: JKT } }), code, { proof: refuse(code) });
    });

    it('A-421 refuses every other form of it: BINDING_MALFORMED', () => {
      const wrong = [
        null,
        '',
        5,
        [JKT],
        { jkt: JKT },
        `${JKT}=`,
        JKT.slice(1),
        Buffer.from(JKT, 'base64url').toString('hex'),
        JWK,
      ];
      for (const jkt of wrong)
        for (const proof of [undefined, proofBy(JKT)])
          refuses(tokenOf({ cnf: { jkt } }), 'BINDING_MALFORMED', proof === undefined ? {} : { proof });
    });

    it('does not take the key of the peer for a proof, unless the issuer entry says so', () => {
      refuses(tokenOf({ cnf: { jkt: JKT } }), 'BINDING_PROOF_ABSENT');
      expect(result(tokenOf({ cnf: { jkt: JKT } }, TLS))).to.equal('jkt: jkt-tls');
    });

    it('A-423 refuses by the key of another peer, or of one that has none: BINDING_MISMATCH', () => {
      refuses(tokenOf({ cnf: { jkt: thumbprintOf(OTHER) } }, TLS), 'BINDING_MISMATCH');
      refuses(tokenOf({ cnf: { jkt: JKT } }, TLS), 'BINDING_MISMATCH', { peer: peerOf() });
    });

    it('takes a proof by its key, also of an issuer whose tokens may go without', () => {
      for (const options of [{}, TLS]) {
        const token = tokenOf({ cnf: { jkt: JKT } }, options);
        expect(result(token, { proof: proofBy(JKT) })).to.equal('jkt: dpop');
        expect(result(token, { proof: proofBy(JKT), mode: 'optional' })).to.equal('jkt: dpop');
        expect(result(token, { proof: proofBy(JKT), mode: 'identity' })).to.equal('jkt: dpop identity');
      }
    });
  });

  describe('jwk', () => {
    it('A-423 refuses the key of another: BINDING_MISMATCH', () => {
      refuses(tokenOf({ cnf: { jwk: OTHER.export({ format: 'jwk' }) } }), 'BINDING_MISMATCH');
      refuses(tokenOf({ cnf: { jwk: JWK } }), 'BINDING_MISMATCH', { peer: peerOf() });
    });

    it('A-421 refuses one that is private, symmetric, off its curve or none: BINDING_MALFORMED', () => {
      const wrong = [
        null,
        '',
        JKT,
        [],
        [JWK],
        {},
        privateKey.export({ format: 'jwk' }),
        { kty: 'oct', k: 'AAAA' },
        { ...JWK, y: JWK.x },
        { ...JWK, crv: 'P-384' },
        { ...JWK, x: `${JWK.x}=` },
        { ...JWK, use: 'enc' },
      ];
      for (const jwk of wrong) refuses(tokenOf({ cnf: { jwk } }), 'BINDING_MALFORMED');
    });

    it('takes the key of the peer, whatever else is written beside it', () => {
      expect(result(tokenOf({ cnf: { jwk: JWK } }))).to.equal('jwk: jwk');
      expect(result(tokenOf({ cnf: { jwk: { ...JWK, kid: 'k', alg: 'ES256', use: 'sig' } } }))).to.equal('jwk: jwk');
    });
  });

  describe('several members', () => {
    it('A-421 refuses two that disagree, whichever it is that fails', () => {
      const wrong: readonly (readonly [object, string])[] = [
        [{ 'x5t#S256': STRANGER, jkt: JKT }, 'BINDING_MISMATCH'],
        [{ 'x5t#S256': STRANGER, jwk: JWK }, 'BINDING_MISMATCH'],
        [{ 'x5t#S256': X5T, jkt: thumbprintOf(OTHER) }, 'BINDING_MISMATCH'],
        [{ 'x5t#S256': X5T, jwk: OTHER.export({ format: 'jwk' }) }, 'BINDING_MISMATCH'],
        [{ jkt: JKT, jwk: OTHER.export({ format: 'jwk' }) }, 'BINDING_MISMATCH'],
        [{ 'x5t#S256': X5T, jkt: 'x' }, 'BINDING_MALFORMED'],
        [{ 'x5t#S256': X5T, jwk: null }, 'BINDING_MALFORMED'],
        [{ 'x5t#S256': 'x', jwk: JWK }, 'BINDING_MALFORMED'],
      ];
      for (const [cnf, code] of wrong) refuses(tokenOf({ cnf }, TLS), code);
    });

    it('A-421 refuses jwe, kid and jku beside what holds: they prove nothing and are never fetched', () => {
      for (const name of ['jwe', 'kid', 'jku', 'x5t', 'osc'])
        refuses(tokenOf({ cnf: { 'x5t#S256': X5T, jwk: JWK, [name]: 'x' } }), 'BINDING_UNKNOWN');
    });

    it('says all that held, and the first of it in one word', () => {
      const all = tokenOf({ cnf: { jwk: JWK, jkt: JKT, 'x5t#S256': X5T } }, TLS);
      expect(result(all)).to.equal('x5t#S256: x5t#S256 jkt-tls jwk');
      expect(result(all, { proof: proofBy(JKT), mode: 'identity' })).to.equal('x5t#S256: x5t#S256 dpop jwk identity');
    });
  });

  describe('ignored members', () => {
    const ignoring = { ignoreCnf: ['x-hint'] };

    it('A-421 refuses a cnf of ignored members alone: BINDING_UNKNOWN', () => {
      refuses(tokenOf({ cnf: { 'x-hint': 1 } }, ignoring), 'BINDING_UNKNOWN');
      refuses(tokenOf({ cnf: { 'kc-jkt-type': 'dpop' } }), 'BINDING_UNKNOWN');
    });

    it('refuses what is on the list of another issuer: BINDING_UNKNOWN', () => {
      refuses(tokenOf({ cnf: { 'x5t#S256': X5T, 'x-hint': 1 } }), 'BINDING_UNKNOWN');
      refuses(tokenOf({ cnf: { 'x5t#S256': X5T, 'kc-jkt-type': 1 } }, ignoring), 'BINDING_UNKNOWN');
    });

    it('passes over them, whatever they hold', () => {
      for (const hint of [1, null, {}, 'x'])
        expect(result(tokenOf({ cnf: { 'x5t#S256': X5T, 'x-hint': hint } }, ignoring))).to.equal('x5t#S256: x5t#S256');
    });
  });
});

describe('boundBy()', () => {
  it('names the first member that is checked, and nothing else that an issuer may write', () => {
    const names = [
      undefined,
      null,
      'x',
      {},
      { kid: 'x' },
      { jwk: JWK },
      { jkt: JKT, jwk: JWK },
      { jkt: JKT, 'x5t#S256': X5T },
    ].map((cnf) => boundBy(tokenOf({ cnf })));
    expect(names).to.deep.equal(['none', 'none', 'none', 'none', 'none', 'jwk', 'jkt', 'x5t#S256']);
    expect(boundBy(undefined)).to.equal('none');
  });
});

describe('bind() by actor', () => {
  const SIBLING = 'spiffe://mesh.test/ns/shop/sa/agent2';
  const bound = { 'x5t#S256': X5T };

  it('A-452 refuses the SPIFFE ID of another as current actor in every mode, bound or not: BINDING_ACTOR', () => {
    for (const who of [
      { client_id: SIBLING },
      { act: { sub: SIBLING } },
      { act: { sub: 'SPIFFE://mesh.test/ns/shop/sa/agent' } },
    ]) {
      refuses(tokenOf({ cnf: bound, ...who }), 'BINDING_ACTOR');
      expect(result(tokenOf({ cnf: undefined, ...who }), { mode: 'optional' })).to.equal('BINDING_ACTOR');
      expect(result(tokenOf({ cnf: undefined, ...who }), { mode: 'identity' })).to.equal('BINDING_ACTOR');
    }
    const stranger = peerOf({ id: demand(parseSpiffeId(SIBLING)) });
    refuses(tokenOf({ cnf: bound }), 'BINDING_ACTOR', { peer: stranger });
  });

  it('A-452 refuses it of a DPoP token too', () => {
    const token = tokenOf({ cnf: { jkt: JKT }, act: { sub: SIBLING } });
    refuses(token, 'BINDING_ACTOR', { proof: proofBy(JKT) });
  });

  it('A-452 never takes a deeper level for the current actor', () => {
    refuses(tokenOf({ cnf: bound, act: { sub: SIBLING, act: { sub: AGENT } } }), 'BINDING_ACTOR');
    const history = tokenOf({ cnf: bound, sub: 'user-1', act: { sub: AGENT, act: { sub: SIBLING } } });
    for (const mode of STRICT) expect(result(history, { mode }), mode).to.match(/^x5t#S256/);
  });

  it('A-452 compares any other actor in mode identity alone', () => {
    for (const who of [
      { client_id: 'billing' },
      { act: { sub: 'billing' } },
      { act: { sub: 'https://idp.test/users/1' } },
    ]) {
      const token = tokenOf({ cnf: bound, sub: 'user-1', ...who });
      expect(result(token), 'required').to.equal('x5t#S256: x5t#S256');
      expect(result(token, { mode: 'optional' })).to.equal('x5t#S256: x5t#S256');
      expect(result(token, { mode: 'identity' })).to.equal('BINDING_ACTOR');
    }
    expect(result(tokenOf({ cnf: undefined, client_id: 'billing' }), { mode: 'optional' })).to.equal('none: ');
    expect(result(tokenOf({ cnf: { jkt: JKT }, client_id: 'billing' }), { proof: proofBy(JKT) })).to.equal('jkt: dpop');
  });

  it('A-454 admits in mode report what the actor would be refused for, unproved', () => {
    expect(result(tokenOf({ cnf: bound, act: { sub: SIBLING } }), { mode: 'report' })).to.equal('none: ');
    expect(result(tokenOf({ cnf: { jkt: JKT } }), { mode: 'report', proof: refuse('BINDING_REPLAY') })).to.equal(
      'none: ',
    );
  });
});
