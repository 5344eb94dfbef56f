import { expect } from 'chai';

import type { Code } from '../../../core/fault/catalog.ts';
import { admit } from '../../../core/fault/refusal.ts';
import type { Facts } from '../../../runtime/audit/line.ts';
import { createBindingAlarm } from '../../../sidecar/binding-alarm.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { exchangeOf, noteOf, peerOf, tokenOf } from './callers.ts';

describe('createBindingAlarm()', () => {
  function setUp() {
    const { log, lines } = collectLog();
    const audited: { readonly kind: string; readonly facts: Facts }[] = [];
    const audit = {
      record(kind: string, facts: Facts) {
        audited.push({ kind, facts });
        return admit(undefined);
      },
    };
    return { alarm: createBindingAlarm({ log, audit }), lines, audited };
  }
  const victim = tokenOf({
    jti: 'jti-9',
    label: 'jti-9',
    subject: 'alice',
    actor: 'spiffe://mesh.test/ns/shop/sa/other',
  });
  const shown = (code: Code, change: object = {}) =>
    exchangeOf({
      refusal: { code, detail: '' },
      status: 401,
      note: noteOf({
        token: victim,
        peer: peerOf('/ns/shop/sa/agent'),
        remote: { host: '10.0.0.2', port: 40_000 },
        ...change,
      }),
    });

  for (const code of ['BINDING_MISMATCH', 'BINDING_PROOF_KEY', 'BINDING_ACTOR'] as const)
    it(`A-424 names the victim's jti and the presenter: ${code}`, () => {
      const { alarm, lines, audited } = setUp();
      alarm.request(shown(code));
      const facts = {
        code,
        token: 'jti-9',
        subject: 'alice',
        actor: 'spiffe://mesh.test/ns/shop/sa/other',
        presenter: 'spiffe://mesh.test/ns/shop/sa/agent',
        serial: '0a1b',
        remote: '10.0.0.2:40000',
        served: false,
      };
      expect(lines).to.have.length(1);
      expect(lines[0]?.level).to.equal('warn');
      expect(lines[0]?.fields).to.include(facts);
      expect(audited[0]?.kind).to.equal('stolen-token');
      expect(audited[0]?.facts).to.include(facts);
    });

  it('is silent about refusals that any owner of a token meets, and about egress', () => {
    const { alarm, lines } = setUp();
    for (const code of ['TOKEN_EXPIRED', 'BINDING_NEWER', 'BINDING_ABSENT', 'POLICY_DENIED'] as const)
      alarm.request(shown(code));
    alarm.request(shown('BINDING_MISMATCH', { direction: 'egress' }));
    expect(lines).to.deep.equal([]);
  });

  it('A-561 tells a flood once, and then its count', () => {
    const { alarm, lines } = setUp();
    for (let times = 0; times < 100; times += 1) alarm.request(shown('BINDING_MISMATCH'));
    expect(lines).to.have.length(1);
    alarm.close();
    expect(lines[1]?.fields).to.include({ token: 'jti-9', more: 99 });
  });

  it('A-454 says that mode report served it', () => {
    const { alarm, lines } = setUp();
    const note = noteOf({ token: victim, reported: { code: 'BINDING_MISMATCH', detail: '' } });
    alarm.request(exchangeOf({ note }));
    expect(lines[0]?.fields).to.include({ served: true });
  });
});
