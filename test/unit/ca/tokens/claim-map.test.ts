import { expect } from 'chai';

import { type ClaimRow, mapClaims } from '../../../../ca/tokens/claim-map.ts';
import { demand } from '../../../../core/fault/fault.ts';
import type { JsonObject } from '../../../../core/token/json.ts';
import { codeOf } from '../small-ca.ts';

const map = (claims: JsonObject, ...rows: readonly ClaimRow[]) => mapClaims(claims, rows);

describe('mapClaims()', () => {
  it('refuses to carry on what is nested, long or mixed: GRANT_SUBJECT', () => {
    for (const value of [{ a: 1 }, 'x'.repeat(257), ['a', 1], null, Array.from({ length: 65 }, () => 'a')])
      expect(codeOf(map({ tid: value }, { claim: ['tid'], scopes: [], as: 'tenant' }))).to.equal('GRANT_SUBJECT');
  });

  it('gives the scopes of a group only to who is in it, byte by byte', () => {
    const row = { claim: ['groups'], value: 'payments-admin', scopes: ['payments.read'] };
    for (const groups of [
      [],
      ['payments-admins'],
      ['Payments-Admin'],
      'payments-admin,x',
      { 'payments-admin': true },
      1,
    ])
      expect(demand(map({ groups }, row)).scopes, JSON.stringify(groups)).to.deep.equal([]);
    expect(demand(map({}, row)).scopes).to.deep.equal([]);
    expect(demand(map({ groups: ['x', 'payments-admin'] }, row)).scopes).to.deep.equal(['payments.read']);
    expect(demand(map({ groups: 'payments-admin' }, row)).scopes).to.deep.equal(['payments.read']);
  });

  it('takes no claim by a prototype', () => {
    const row = { claim: ['constructor', 'name'], value: 'Object', scopes: ['all'] };
    expect(demand(map({}, row)).scopes).to.deep.equal([]);
  });

  it('carries on a nested claim by its name here, and a row without a claim is for everybody', () => {
    const mapped = map(
      { realm_access: { roles: ['a'] }, tid: 't1' },
      { claim: ['realm_access', 'roles'], scopes: [], as: 'roles' },
      { claim: ['tid'], scopes: [], as: 'tenant' },
      { scopes: ['base'] },
    );
    expect(demand(mapped)).to.deep.equal({ scopes: ['base'], claims: { roles: ['a'], tenant: 't1' } });
  });

  it('carries on how the user logged in, in its own form alone', () => {
    const login = { acr: 'loa2', amr: ['pwd', 'otp'], auth_time: 1_800_000_000 };
    expect(demand(map(login)).claims).to.deep.equal(login);
    expect(demand(map({ acr: ['loa2'], amr: 'otp', auth_time: '1800000000' })).claims).to.deep.equal({});
  });
});
