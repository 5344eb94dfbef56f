import { expect } from 'chai';

import { createAdmission, NOBODY, type Source } from '../../../../ca/issue/admission.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { spiffeIdOf } from '../../../../core/identity/spiffe-id.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { AGENT, codeOf, MESH, startSmallCa } from '../small-ca.ts';

const ID = demand(spiffeIdOf(MESH, AGENT));
const ADDRESS: Source = { kind: 'address', key: '192.0.2.7' };
const IDENTITY: Source = { kind: 'identity', key: ID.uri };

function scene(perMinute = 20) {
  let now = 0;
  const log = collectLog();
  const metrics = createMetrics();
  const admission = createAdmission({
    limits: { perAddressPerMinute: perMinute, perIdentityPerMinute: perMinute },
    clock: { monotonic: () => milliseconds(now) },
    metrics,
    log: log.log,
  });
  return { admission, metrics, log, pass: (ms: number) => (now += ms) };
}

describe('createAdmission()', () => {
  it('A-129 refuses with LIMIT_ISSUES and a time to come back what asks too fast, and nobody else', () => {
    const { admission, metrics } = scene();
    const codes = Array.from({ length: 21 }, () => admission.arrive(ADDRESS));
    expect(codes.map(codeOf).filter((code) => code === 'ok')).to.have.length(20);
    expect(codes.at(-1)).to.have.nested.property('refusal.code', 'LIMIT_ISSUES');
    expect(codes.at(-1)).to.have.nested.property('refusal.retryAfter', 3000);
    for (const other of [{ ...ADDRESS, key: '192.0.2.8' }, IDENTITY, NOBODY])
      expect(codeOf(admission.arrive(other))).to.equal('ok');
    expect(metrics.render()).to.contain('cleat_ca_limited_total{by="address"} 1');
  });

  it('A-129 counts an identity that evidence has named, whatever addresses it comes from', () => {
    const { admission } = scene();
    const codes = Array.from({ length: 21 }, (_, place) =>
      codeOf(admission.identify({ kind: 'address', key: `192.0.2.${place}` }, ID)),
    );
    expect(codes.filter((code) => code === 'ok')).to.have.length(20);
    expect(codeOf(admission.arrive(IDENTITY))).to.equal('LIMIT_ISSUES');
  });

  it('counts an identity that arrived as one only once', () => {
    const { admission } = scene();
    for (let asked = 0; asked < 20; asked += 1) {
      expect(codeOf(admission.arrive(IDENTITY))).to.equal('ok');
      expect(codeOf(admission.identify(IDENTITY, ID))).to.equal('ok');
    }
  });

  it('A-129 takes ten times as much for a request that was refused for what it held', () => {
    const { admission } = scene();
    for (let guess = 0; guess < 2; guess += 1) {
      expect(codeOf(admission.arrive(ADDRESS))).to.equal('ok');
      admission.blame(ADDRESS);
    }
    expect(codeOf(admission.arrive(ADDRESS))).to.equal('LIMIT_ISSUES');
  });

  it('A-129 writes one line in ten seconds of a flood', () => {
    const { admission, log, pass } = scene(1);
    for (let asked = 0; asked < 100; asked += 1) admission.arrive(ADDRESS);
    expect(log.lines).to.have.length(1);
    expect(log.lines[0]).to.deep.include({ level: 'warn', fields: { code: 'LIMIT_ISSUES', address: '192.0.2.7' } });
    pass(10_000);
    for (let asked = 0; asked < 100; asked += 1) admission.arrive(ADDRESS);
    expect(log.lines).to.have.length(2);
  });
});

describe('createIssuer()', () => {
  it('A-129 refuses the flood of one identity and serves another, and the CA itself', async () => {
    await using ca = await startSmallCa({ limits: { perIdentityPerMinute: 3, perAddressPerMinute: 1_000_000 } });
    const codes: string[] = [];
    for (let asked = 0; asked < 5; asked += 1) codes.push(codeOf(await ca.first(await ca.joinToken())));
    expect(codes).to.deep.equal(['ok', 'ok', 'ok', 'LIMIT_ISSUES', 'LIMIT_ISSUES']);
    expect(codeOf(await ca.first(await ca.joinToken('/ns/shop/sa/other')))).to.equal('ok');
    expect(ca.metrics.render()).to.contain('cleat_ca_issued_total{attestor="join-token",result="LIMIT_ISSUES"} 2');
  });

  it('A-129 counts evidence that is refused against its sender', async () => {
    await using ca = await startSmallCa({ limits: { perIdentityPerMinute: 100, perAddressPerMinute: 20 } });
    const codes: string[] = [];
    for (let guess = 0; guess < 3; guess += 1) codes.push(codeOf(await ca.first('guess')));
    expect(codes).to.deep.equal(['ATTEST_EVIDENCE', 'ATTEST_EVIDENCE', 'LIMIT_ISSUES']);
  });
});
