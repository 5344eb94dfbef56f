import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { createServingIdentity } from '../../../../ca/trust/serving.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import type { TlsIdentity } from '../../../../runtime/tls-options.ts';
import { startSmallCa, thrownBy, type SmallCa } from '../small-ca.ts';

const GO = new AbortController().signal;

function servingOf(ca: SmallCa, issuer: Pick<SmallCa['issuer'], 'issue'> = ca.issuer) {
  const health: boolean[] = [];
  const serving = createServingIdentity({
    issuer,
    bundle: ca.bundle,
    authorities: ca.authorities,
    dnsNames: ['localhost', 'ca.example'],
    clock: ca.clock,
    jitter: () => 0,
    log: ca.log.log,
    onHealth: (valid) => health.push(valid),
  });
  return { serving, health };
}

const nextOf = (subscribe: (tell: (identity: TlsIdentity) => void) => Disposable): Promise<TlsIdentity> =>
  new Promise((resolve) => {
    const watch = subscribe((identity) => {
      watch[Symbol.dispose]();
      resolve(identity);
    });
  });

describe('createServingIdentity()', () => {
  it('A-112 waits at the start while the issuer cannot sign, and serves when another does', async () => {
    await using ca = await startSmallCa({ rootTtl: 7200 });
    ca.clock.advance(7200);
    const { serving } = servingOf(ca);
    const started = serving.start(GO);
    await ca.log.line(({ message }) => message === 'nothing is served until another issuer signs');
    expect(await thrownBy(() => serving.current())).to.equal('BUG_UNEXPECTED');
    demand(await ca.desk.prepare('operator'));
    demand(await ca.desk.activate('operator'));
    await started;
    expect(serving.current().chain).to.have.length(1);
    await serving[Symbol.asyncDispose]();
  });

  it('A-112 ends its waiting when it is told to stop', async () => {
    await using ca = await startSmallCa({ rootTtl: 7200 });
    ca.clock.advance(7200);
    const stop = new AbortController();
    const started = servingOf(ca).serving.start(stop.signal);
    await ca.log.line(({ message }) => message === 'nothing is served until another issuer signs');
    stop.abort(new Error('stop'));
    expect(await thrownBy(() => started)).to.include('stop');
  });

  it('is not to be had before start', async () => {
    await using ca = await startSmallCa();
    const { serving } = servingOf(ca);
    expect(await thrownBy(() => serving.current())).to.equal('BUG_UNEXPECTED');
  });

  it('cannot start where the cycle refuses, and says why', async () => {
    await using ca = await startSmallCa();
    const { serving } = servingOf(ca, { issue: async () => refuse('JOURNAL_FAILED', 'disk full') });
    expect(await thrownBy(() => serving.start(GO))).to.equal('JOURNAL_FAILED');
  });

  it('has the name of the CA and the configured DNS names, and is in the journal', async () => {
    await using ca = await startSmallCa();
    const { serving, health } = servingOf(ca);
    await serving.start(GO);
    const leaf = new X509Certificate(serving.current().chain[0] ?? '');
    expect(leaf.subjectAltName).to.equal('URI:spiffe://mesh.example/cleat/ca, DNS:localhost, DNS:ca.example');
    expect(leaf.checkPrivateKey(serving.current().key)).to.equal(true);
    expect(await ca.journal.findIssuance(leaf.serialNumber.toLowerCase())).to.have.nested.property(
      'value.attestor',
      'self',
    );
    expect(health).to.deep.equal([true]);
    await serving[Symbol.asyncDispose]();
  });

  it('A-502 renews by itself when half of its life is over, with a new key', async () => {
    await using ca = await startSmallCa();
    const { serving } = servingOf(ca);
    await serving.start(GO);
    const first = serving.current();
    const next = nextOf(serving.subscribe);
    ca.clock.advance(1800);
    const renewed = await next;
    expect(renewed.chain[0]?.equals(first.chain[0] ?? Buffer.alloc(0))).to.equal(false);
    expect(renewed.key.equals(first.key)).to.equal(false);
    await serving[Symbol.asyncDispose]();
  });

  it('goes on trying when it cannot renew, and says when it has run out', async () => {
    await using ca = await startSmallCa();
    let broken = false;
    const issue: SmallCa['issuer']['issue'] = async (asked) =>
      broken ? refuse('JOURNAL_FAILED', 'disk full') : ca.issuer.issue(asked);
    const { serving, health } = servingOf(ca, { issue });
    await serving.start(GO);
    broken = true;
    ca.clock.advance(3601);
    await ca.log.line(({ message }) => message === 'own certificate not renewed');
    expect(health.at(-1)).to.equal(false);
    broken = false;
    await nextOf(serving.subscribe);
    await ca.log.line(({ message }) => message === 'own certificate renewed');
    expect(health.at(-1)).to.equal(true);
    await serving[Symbol.asyncDispose]();
  });

  it('serves with the roots of a new bundle at once', async () => {
    await using ca = await startSmallCa();
    const { serving } = servingOf(ca);
    await serving.start(GO);
    const next = nextOf(serving.subscribe);
    ca.bundle.publish([ca.authority.certificate.der, ca.authority.certificate.der]);
    expect((await next).roots).to.have.length(2);
    expect(serving.current().roots).to.have.length(2);
    await serving.drain(milliseconds(0));
    await serving[Symbol.asyncDispose]();
  });
});
