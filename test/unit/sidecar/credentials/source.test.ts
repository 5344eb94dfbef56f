import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand, Fault } from '../../../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { formatJoinToken } from '../../../../core/identity/join-token.ts';
import { milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { adoptKept } from '../../../../sidecar/credentials/adopt.ts';
import { startTestCa, testIdentity } from '../../../kit/grpc-ca.ts';
import { createTestAuthority, spkiOf, testKey } from '../../../kit/x509.ts';
import { acknowledgement, closedPort, rig, type Rig } from './rig.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const never = new AbortController().signal;
const mint = { audience: 'payments', scopes: [], ttl: undefined };
const spkiIn = (csr: Buffer): Buffer => demand(parseCsr(csr, ['p256'])).spki;

/** What `start` gives up with when it is called off at the first failure. */
async function failureOf({ source, log }: Rig): Promise<Fault> {
  const abort = new AbortController();
  const started = source.start(abort.signal).then(
    () => expect.fail('it started'),
    (thrown: unknown) => Fault.from(thrown),
  );
  await log.line(({ message }) => message.startsWith('no new certificate'));
  abort.abort();
  return started;
}

describe('createCredentialSource()', () => {
  it('A-138 begins with what it is given: shows no evidence, learns the bundle by the stream, and renews by it', async () => {
    await using ca = await startTestCa();
    const key = testKey();
    const { chain } = ca.certify(spkiOf(key));
    const now = wholeSeconds(systemClock().now());
    const kept = { key, chain, roots: [ca.authority.der], trustDomain: ca.caId.trustDomain, now };
    const initial = demand(adoptKept(kept, () => 0));
    await using made = await rig(ca, { initial });
    expect(made.source.current()).to.equal(initial);
    const told = acknowledgement(ca, 1);
    await made.source.start(never);
    await told;
    expect(made.source.current()).to.include({ bundleGeneration: 1, leaf: initial.leaf });
    const next = demand(await made.source.renew());
    expect(next.leaf.lineage?.id).to.deep.equal(initial.leaf.lineage?.id);
    expect(next.leaf.lineage?.sequence).to.equal(1);
    expect(ca.asked.issues).to.deep.equal([]);
  });

  describe('the first certificate', () => {
    it('A-139 sends no evidence to a server without the root that the token names', async () => {
      await using ca = await startTestCa();
      const joinToken = formatJoinToken({ rootDigest: Buffer.alloc(32, 1), secret: Buffer.alloc(32, 2) });
      await using made = await rig({ ...ca, caId: ca.caId, joinToken, bootstrap: ca.bootstrap, mesh: ca.mesh });
      expect(await failureOf(made)).to.have.property('code', 'RENEW_UNTRUSTED');
      expect(ca.asked.issues).to.deep.equal([]);
      expect(made.source.current()).to.equal(undefined);
    });

    it('A-505 sends no evidence to a workload that plays the CA under the right root', async () => {
      const authority = createTestAuthority();
      await using ca = await startTestCa({ authority, serving: testIdentity(authority) });
      await using made = await rig(ca);
      expect(await failureOf(made)).to.have.property('code', 'RENEW_UNTRUSTED');
      expect(ca.asked.issues).to.deep.equal([]);
    });

    it('A-139 sends no evidence to a CA that the bundle file does not hold', async () => {
      await using ca = await startTestCa();
      const folder = await mkdtemp(join(tmpdir(), 'cleat-bundle-'));
      const bundle = join(folder, 'bundle.pem');
      await writeFile(bundle, encodePem('CERTIFICATE', createTestAuthority().der));
      await using made = await rig(ca);
      await using other = await rig(ca, { evidence: { kind: 'joinToken', file: made.tokenFile, bundle } });
      expect(await failureOf(other)).to.have.property('code', 'RENEW_UNTRUSTED');
      expect(ca.asked.issues).to.deep.equal([]);
      await writeFile(bundle, encodePem('CERTIFICATE', ca.authority.der));
      await using third = await rig(ca, { evidence: { kind: 'joinToken', file: made.tokenFile, bundle } });
      await third.source.start(never);
      expect(third.source.current()?.id.uri).to.equal('spiffe://mesh.example/ns/shop/sa/agent');
      await rm(folder, { recursive: true });
    });

    it('says CONFIG_FILE for evidence that is not there, and takes it once it is', async () => {
      await using ca = await startTestCa();
      await using made = await rig(ca);
      await rm(made.tokenFile);
      const started = made.source.start(never);
      const line = await made.log.line(({ fields }) => fields['code'] === 'CONFIG_FILE');
      expect(line.fields['detail']).to.include('does not exist');
      await writeFile(made.tokenFile, ca.joinToken);
      await started;
      expect(made.source.current()).to.have.property('generation', 1);
    });

    it('A-501 waits for a CA that is down, and gets its certificate when it is up', async () => {
      const authority = createTestAuthority();
      const [bootstrap, mesh] = [await closedPort(), await closedPort()];
      await using first = await startTestCa({ authority });
      await using made = await rig({ caId: first.caId, joinToken: first.joinToken, bootstrap, mesh });
      const started = made.source.start(never);
      await made.log.line(({ fields }) => fields['code'] === 'RENEW_UNREACHABLE');
      await using ca = await startTestCa({ authority, bootstrap, mesh });
      ca.acts.issue = async ({ csr }) => admit(ca.certify(spkiIn(csr)));
      await started;
      expect(made.source.current()).to.have.property('generation', 1);
    });

    it('throws the last reason when it is called off, and stays off', async () => {
      await using ca = await startTestCa();
      ca.acts.issue = async () => refuse('ISSUE_BUSY');
      await using made = await rig(ca);
      const fault = await failureOf(made);
      expect(fault).to.have.property('code', 'RENEW_REFUSED');
      expect(fault.detail).to.include('ISSUE_BUSY');
      expect(codeOf(await made.source.renew())).to.equal('LIFE_DRAINING');
      const early = await rig(ca);
      const off = await early.source.start(AbortSignal.abort()).catch((thrown: unknown) => Fault.from(thrown));
      expect(off).to.have.property('code', 'RENEW_UNREACHABLE');
      await early[Symbol.asyncDispose]();
    });

    it('comes by fingerprint, is told and acknowledged, and never twice with one key', async () => {
      await using ca = await startTestCa();
      await using made = await rig(ca, { bootstrap: [await closedPort(), ca.bootstrap] });
      const acknowledged = acknowledgement(ca, 1);
      const valid = made.validity();
      await made.source.start(never);
      await Promise.all([acknowledged, valid]);
      const snapshot = made.source.current() ?? expect.fail('no snapshot');
      expect(snapshot).to.include({ generation: 1, bundleGeneration: 1 });
      expect(snapshot.roots).to.deep.equal([ca.authority.der]);
      expect(made.told).to.deep.equal(['valid']);
      expect(made.metric('cleat_generation')).to.equal('1');
      expect(made.metric('cleat_bundle_generation')).to.equal('1');
      expect(made.metric('cleat_certificate_expiry_timestamp_seconds')).to.equal(String(snapshot.leaf.notAfter));
      expect(made.metric('cleat_certificate_renewals_total{result="adopted"}')).to.equal('1');
      expect(made.metric('cleat_stream_stale_seconds')).to.equal('0');
    });
  });

  describe('mint()', () => {
    it('asks over the certificate of the very snapshot, also when it is superseded', async () => {
      await using ca = await startTestCa();
      await using made = await rig(ca);
      await made.source.start(never);
      const first = made.source.current() ?? expect.fail('no snapshot');
      const second = demand(await made.source.renew());
      for (const snapshot of [first, second, first]) {
        const { token } = demand(await made.source.mint(snapshot, mint));
        expect(token).to.equal(`payments.${snapshot.leaf.thumbprint.toString('base64url')}.x`);
      }
    });

    it('A-532 loses no call over ten rotations under load', async () => {
      await using ca = await startTestCa();
      await using made = await rig(ca);
      await made.source.start(never);
      const load = { isOn: true };
      let calls = 0;
      const caller = async (): Promise<void> => {
        while (load.isOn) {
          const snapshot = made.source.current() ?? expect.fail('no snapshot');
          const { token } = demand(await made.source.mint(snapshot, mint));
          expect(token).to.include(snapshot.leaf.thumbprint.toString('base64url'));
          calls += 1;
        }
      };
      const loads = Promise.all(Array.from({ length: 8 }, caller));
      for (let round = 0; round < 10; round += 1) demand(await made.source.renew());
      load.isOn = false;
      await loads;
      expect(calls).to.be.greaterThan(10);
      expect(made.source.current()).to.have.property('generation', 11);
    });

    it('hands on the code of the CA, and refuses once the credentials are given up', async () => {
      await using ca = await startTestCa();
      await using made = await rig(ca);
      await made.source.start(never);
      const snapshot = made.source.current() ?? expect.fail('no snapshot');
      ca.acts.mint = async () => refuse('GRANT_TOKEN_RULE');
      expect(codeOf(await made.source.mint(snapshot, mint))).to.equal('GRANT_TOKEN_RULE');
      await made.source.drain(milliseconds(0));
      expect(codeOf(await made.source.mint(snapshot, mint))).to.equal('LIFE_DRAINING');
      expect(codeOf(await made.source.renew())).to.equal('LIFE_DRAINING');
      expect(made.source.current()).to.equal(snapshot);
    });
  });

  it('writes no secret into its log', async () => {
    await using ca = await startTestCa();
    ca.acts.renew = async () => refuse('ISSUE_BUSY', ca.joinToken);
    await using made = await rig(ca);
    await made.source.start(never);
    await made.source.renew();
    const key = made.source.current()?.key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    const text = JSON.stringify(made.log.lines);
    expect(text).to.not.include(ca.joinToken.split('.')[2]);
    expect(text).to.not.include(key);
  });
});
