import { createHash } from 'node:crypto';

import { expect } from 'chai';

import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { type BindingMode, type BindingTerms, bind } from '../../../../core/token/bind.ts';
import { checkClaims } from '../../../../core/token/claims.ts';
import { parseStrictObject } from '../../../../core/token/json.ts';
import type { VerifiedToken } from '../../../../core/token/verified-token.ts';
import { AGENT, claimsOf, NOW, peerOf, rulesOf } from './tokens.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const MODES: readonly BindingMode[] = ['required', 'identity', 'optional', 'report'];
const terms = (mode: BindingMode): BindingTerms => ({ mode, lineage: true, revocations: NO_REVOCATIONS, now: NOW });
const STRICT: readonly BindingMode[] = ['required', 'identity', 'optional'];

/** As the verifier gives it: by strict JSON and through the claims check. */
function tokenOf(changes: Readonly<Record<string, unknown>> = {}): VerifiedToken {
  const claims = demand(parseStrictObject(Buffer.from(JSON.stringify(claimsOf(changes)))));
  const expected = { rules: rulesOf(), audiences: ['payments'], now: NOW };
  return demand(checkClaims({ type: 'at+jwt', keyId: 'key-1', claims, digest: '0123456789ab' }, expected));
}

function result(token: VerifiedToken | undefined, mode: BindingMode, peer = peerOf()): string {
  const caller = bind(token, peer, terms(mode));
  return caller.ok ? caller.value.binding : caller.refusal.code;
}

const refuses = (cnf: unknown, code: string, modes = STRICT): void => {
  for (const mode of modes) expect(result(tokenOf({ cnf }), mode), `${mode} ${JSON.stringify(cnf)}`).to.equal(code);
};

describe('bind()', () => {
  it('A-423 A-424 refuses a token of another certificate on every route: BINDING_MISMATCH', () => {
    refuses({ 'x5t#S256': digest('another leaf').toString('base64url') }, 'BINDING_MISMATCH');
    const sibling = peerOf({ thumbprint: Buffer.alloc(32, 8) });
    for (const mode of STRICT) expect(result(tokenOf(), mode, sibling)).to.equal('BINDING_MISMATCH');
    const almost = Buffer.alloc(32, 7);
    almost.writeUInt8(6, 31);
    refuses({ 'x5t#S256': almost.toString('base64url') }, 'BINDING_MISMATCH');
  });

  it('A-421 refuses a cnf that is no object: BINDING_MALFORMED', () => {
    for (const cnf of [null, 'x5t#S256', ['x5t#S256'], [], 5, true, '']) refuses(cnf, 'BINDING_MALFORMED');
  });

  it('A-422 refuses every other form of a thumbprint: BINDING_MALFORMED', () => {
    const { thumbprint, thumbprintText } = peerOf();
    const wrong = [
      `${thumbprintText}=`,
      ` ${thumbprintText}`,
      thumbprint.toString('hex'),
      thumbprint.toString('base64'),
      thumbprint.subarray(0, 20).toString('base64url'),
      thumbprintText.slice(0, -1),
      `${thumbprintText}A`,
      `${thumbprintText.slice(0, -1)}${thumbprintText.endsWith('d') ? 'e' : 'd'}`,
      '',
      null,
      5,
      [thumbprintText],
      { value: thumbprintText },
    ];
    for (const value of wrong) refuses({ 'x5t#S256': value }, 'BINDING_MALFORMED');
  });

  it('A-421 refuses members that it cannot check, alone or beside one that holds: BINDING_UNKNOWN', () => {
    const { thumbprintText } = peerOf();
    const others = ['jwe', 'kid', 'jku', 'x5t', 'x5t#s256', 'X5T#S256', 'osc', '', 'toString'];
    for (const name of others) {
      refuses({ [name]: thumbprintText }, 'BINDING_UNKNOWN');
      refuses({ 'x5t#S256': thumbprintText, [name]: 'x' }, 'BINDING_UNKNOWN');
    }
    refuses({}, 'BINDING_UNKNOWN');
    refuses({ 'kc-jkt-type': 'x' }, 'BINDING_UNKNOWN');
  });

  it('bounds what an issuer can write into the log', () => {
    const cnf = Object.fromEntries(Array.from({ length: 100 }, (_none, at) => [`${at}${'\n'.repeat(1000)}`, 1]));
    const caller = bind(tokenOf({ cnf }), peerOf(), terms('required'));
    expect(!caller.ok && caller.refusal.detail)
      .to.have.length.below(1000)
      .and.to.not.include('\n');
  });

  it('A-453 refuses an unbound token where binding is required: BINDING_ABSENT', () => {
    expect(result(tokenOf({ cnf: undefined }), 'required')).to.equal('BINDING_ABSENT');
  });

  it('refuses a request without a token: TOKEN_ABSENT', () => {
    expect(result(undefined, 'required')).to.equal('TOKEN_ABSENT');
    expect(result(undefined, 'identity')).to.equal('TOKEN_ABSENT');
  });

  it('A-452 refuses in mode identity an actor that is not the peer: BINDING_ACTOR', () => {
    const other = 'spiffe://mesh.test/ns/shop/sa/agent2';
    const nested = { act: { sub: other, act: { sub: AGENT } } };
    for (const changes of [{ client_id: other }, nested, { act: { sub: `${AGENT}/` } }, { client_id: 'agent' }]) {
      expect(result(tokenOf({ cnf: undefined, ...changes }), 'identity'), JSON.stringify(changes)).to.equal(
        'BINDING_ACTOR',
      );
      expect(result(tokenOf(changes), 'identity'), 'bound as well').to.equal('BINDING_ACTOR');
    }
    const stranger = peerOf({ id: demand(parseSpiffeId(other)) });
    expect(result(tokenOf({ cnf: undefined }), 'identity', stranger)).to.equal('BINDING_ACTOR');
  });

  it('A-454 admits in mode report what required would refuse, and marks it unbound', () => {
    const bad = [tokenOf({ cnf: undefined }), tokenOf({ cnf: null }), tokenOf({ cnf: { jkt: 'x' } }), undefined];
    for (const token of bad) expect(result(token, 'report')).to.equal('none');
    expect(result(tokenOf(), 'report', peerOf({ thumbprint: Buffer.alloc(32, 8) }))).to.equal('none');
  });

  it('admits the token of this very certificate in every mode', () => {
    for (const mode of MODES) expect(result(tokenOf(), mode), mode).to.equal('x5t#S256');
    const keycloak = tokenOf({ cnf: { 'x5t#S256': peerOf().thumbprintText, 'kc-jkt-type': 'x' } });
    expect(result(keycloak, 'required')).to.equal('x5t#S256');
  });

  it('admits an unbound token by its actor, or where the route lets it through', () => {
    expect(result(tokenOf({ cnf: undefined }), 'identity')).to.equal('identity');
    expect(result(tokenOf({ cnf: undefined, client_id: 'x', act: { sub: AGENT } }), 'identity')).to.equal('identity');
    expect(result(tokenOf({ cnf: undefined }), 'optional')).to.equal('none');
    expect(result(undefined, 'optional')).to.equal('none');
  });

  it('gives peer and token to the caller', () => {
    const token = tokenOf();
    const peer = peerOf();
    expect(bind(token, peer, terms('required'))).to.deep.equal({
      ok: true,
      value: { peer, token, binding: 'x5t#S256', proofs: ['x5t#S256'] },
    });
  });
});
