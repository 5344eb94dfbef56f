import { expect } from 'chai';

import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { epochMilliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { createHolder } from '../../../../sidecar/credentials/in-use.ts';
import { watchOwnRevocation } from '../../../../sidecar/credentials/own-revocation.ts';
import { createRevocationHolder, revocationOf } from '../../../../sidecar/credentials/revocations.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { recognisePeer } from '../../../../sidecar/identity/peer.ts';
import { checkPeerUnrevoked } from '../../../../sidecar/identity/unrevoked.ts';
import { startTestCa, type TestCa } from '../../../kit/grpc-ca.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { testRevocation, testRevocations } from '../../../kit/revocations.ts';
import { testSnapshot } from '../../../kit/snapshot.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { acknowledgement, rig } from './rig.ts';

const never = new AbortController().signal;
const clock = { now: () => epochMilliseconds(1_800_000_000_000) };
const now = wholeSeconds(clock.now());
const ID = { kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/x' } as const;
const LINEAGE = { kind: 'lineage', lineageId: 'ab'.repeat(16) } as const;

function setUp() {
  const { log, lines } = collectLog();
  const metrics = createMetrics();
  return { log, lines, metrics, holder: createRevocationHolder({ clock, log, metrics, isAwaited: true }) };
}

describe('createRevocationHolder()', () => {
  it('A-114 keeps what a later state lacks, whatever its generation', () => {
    const { holder } = setUp();
    holder.adopt(testRevocations(ID, LINEAGE));
    holder.adopt({ generation: 1, entries: [testRevocation(ID)] });
    expect(holder.current().entries.map(({ kind }) => kind)).to.have.members(['lineage', 'spiffe-id']);
    holder.adopt(NO_REVOCATIONS);
    expect(holder.current().entries).to.have.length(2);
  });

  it('tells each new state to all, a broken subscriber or not, and the same state not again', () => {
    const { holder, lines, metrics } = setUp();
    const told: number[] = [];
    holder.subscribe(() => {
      throw new Error('broken');
    });
    const subscription = holder.subscribe(({ generation }) => told.push(generation));
    holder.adopt(testRevocations(ID));
    holder.adopt(testRevocations(ID));
    holder.adopt(testRevocations(ID, LINEAGE));
    subscription[Symbol.dispose]();
    holder.adopt(testRevocations(ID, LINEAGE, ID));
    expect(told).to.deep.equal([1, 2]);
    expect(lines.filter(({ message }) => message.includes('subscriber'))).to.have.length(3);
    expect(metrics.render())
      .to.include('cleat_revocation_generation 3')
      .and.to.match(/cleat_revocations [23]/);
  });

  it('A-114 says of nobody that he is unrevoked before the CA was heard, also with nothing revoked', () => {
    const { holder, log } = setUp();
    const authority = createTestAuthority();
    const own = testSnapshot(authority, now);
    const peer = demand(recognisePeer(own.leaf.der, own.id.trustDomain, now));
    const told: boolean[] = [];
    holder.subscribe(({ isHeard }) => told.push(isHeard));
    const verdict = () => checkPeerUnrevoked(peer, holder.current(), now);
    expect(verdict()).to.have.nested.property('refusal.code', 'PEER_REVOCATION_UNKNOWN');
    holder.adoptRefusal(testSnapshot(authority, now));
    expect(verdict()).to.have.nested.property('refusal.code', 'PEER_REVOCATION_UNKNOWN');
    holder.adoptRefusal(own);
    expect(verdict()).to.have.nested.property('refusal.code', 'PEER_REVOKED');
    const { holder: fresh } = setUp();
    fresh.adopt(NO_REVOCATIONS);
    expect(checkPeerUnrevoked(peer, fresh.current(), now).ok).to.equal(true);
    const files = createRevocationHolder({ clock, log, metrics: createMetrics(), isAwaited: false });
    expect(checkPeerUnrevoked(peer, files.current(), now).ok, 'files bring no revocations').to.equal(true);
    expect(told).to.deep.equal([false, false]);
  });

  it('says once that the CA was heard, also where nothing is revoked', () => {
    const { log } = collectLog();
    let heard = 0;
    const onHeard = (): void => void (heard += 1);
    const holder = createRevocationHolder({ clock, log, metrics: createMetrics(), isAwaited: true, onHeard });
    expect(heard).to.equal(0);
    holder.adopt(NO_REVOCATIONS);
    holder.adopt(testRevocations(ID));
    expect(heard).to.equal(1);
  });

  it('A-119 takes the refusal of the CA for a revocation of our own certificate and its successors, not of a new lineage', () => {
    const { holder } = setUp();
    const authority = createTestAuthority();
    const [own, other] = [testSnapshot(authority, now), testSnapshot(authority, now)];
    holder.adoptRefusal(own);
    holder.adoptRefusal(own);
    expect(holder.current().entries).to.have.length(1);
    expect(revocationOf(own, holder.current(), now)).to.include({ kind: 'certificate', serial: own.leaf.serial });
    expect(revocationOf(other, holder.current(), now)).to.equal(undefined);
    expect(holder.facts()).to.deep.equal({ generation: 0, entries: 1, staleSeconds: 0 });
  });
});

describe('watchOwnRevocation()', () => {
  it('tells when our certificate is revoked and asks for another at once, and tells when there is one', async () => {
    const { holder, log, lines } = setUp();
    const authority = createTestAuthority();
    const own = testSnapshot(authority, now);
    const snapshots = createHolder(log);
    snapshots.replace(own);
    const told: string[] = [];
    const service = watchOwnRevocation({
      credentials: {
        current: () => snapshots.current(),
        subscribe: (tell) => snapshots.subscribe(tell),
        renew: () => {
          told.push('renew');
          return Promise.resolve(refuse('RENEW_REFUSED', 'GRANT_REVOKED'));
        },
      },
      revocations: holder,
      clock,
      log,
      onRevoked: () => told.push('revoked'),
      onUnrevoked: () => told.push('unrevoked'),
    });
    await service.start(never);
    holder.adopt(testRevocations(ID));
    expect(told).to.deep.equal([]);
    holder.adoptRefusal(own);
    expect(told).to.deep.equal(['revoked', 'renew']);
    const line = lines.find(({ fields }) => fields['code'] === 'RENEW_REVOKED');
    expect(line?.fields).to.include({ serial: own.leaf.serial });
    snapshots.replace(testSnapshot(authority, now));
    expect(told).to.deep.equal(['revoked', 'renew', 'unrevoked']);
    await service[Symbol.asyncDispose]();
    snapshots.replace(own);
    expect(told).to.have.length(3);
  });
});

describe('watchBundle(): revocations', () => {
  it('adopts and acknowledges what the stream tells, at once and at each change', async () => {
    await using ca = await startTestCa();
    ca.revocations = testRevocations(ID);
    await using made = await rig(ca);
    const first = acknowledgement(ca, 1);
    await made.source.start(never);
    await first;
    expect(made.revocations.current().entries).to.deep.equal([testRevocation(ID)]);
    const second = acknowledgement(ca, 1);
    ca.revocations = testRevocations(ID, LINEAGE);
    await second;
    expect(ca.asked.obeyed).to.deep.equal([1, 2]);
  });

  it('A-132 a bundle that is refused does not cost us the revocations beside it', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    const first = acknowledgement(ca, 1);
    await made.source.start(never);
    await first;
    ca.revocations = testRevocations(ID);
    const refused = made.log.line(({ message }) => message.startsWith('bundle refused'));
    ca.bundle = { generation: 2, roots: [createTestAuthority('other.example').der] };
    await refused;
    expect(made.revocations.current().generation).to.equal(1);
    expect(made.source.current()).to.have.property('bundleGeneration', 1);
  });

  it('a lost stream drops nothing, says for how long, and the next one brings what was missed', async () => {
    await using ca = await startTestCa();
    ca.revocations = testRevocations(ID);
    const end = Promise.withResolvers<void>();
    let streams = 0;
    ca.acts.watch = async (leaf, send, signal) => {
      streams += 1;
      if (streams > 1) return ca.honest.watch(leaf, send, signal);
      send({ bundle: ca.bundle, revocations: ca.revocations });
      await end.promise;
      return admit(undefined);
    };
    await using made = await rig(ca);
    const first = acknowledgement(ca, 1);
    await made.source.start(never);
    await first;
    const lost = made.log.line(({ message }) => message.startsWith('trust stream lost'));
    end.resolve();
    await lost;
    expect(made.revocations.current().generation).to.equal(1);
    const again = acknowledgement(ca, 1);
    ca.revocations = testRevocations(ID, LINEAGE);
    await again;
    expect(made.revocations.facts()).to.deep.include({ generation: 2, staleSeconds: 0 });
  });

  it('A-119 hears of its own revocation also from the refusal of the stream', async () => {
    await using ca = await startTestCa();
    ca.acts.watch = async () => refuse('GRANT_REVOKED');
    await using made = await rig(ca);
    const told = new Promise((resolve) => made.revocations.subscribe(resolve));
    await made.source.start(never);
    await told;
    const own = made.source.current() ?? expect.fail('no snapshot');
    expect(revocationOf(own, made.revocations.current(), wholeSeconds(made.clock.now()))).to.have.property(
      'kind',
      'certificate',
    );
  });
});

describe('renewForEver(): revoked', () => {
  const fresh = (ca: TestCa): TestCa['acts']['issue'] => {
    return async ({ csr }) => admit(ca.certify(demand(parseCsr(csr, ['p256'])).spki));
  };
  const lineageOf = (own: Snapshot) =>
    ({ kind: 'lineage', lineageId: own.leaf.lineage?.id.toString('hex') ?? '' }) as const;

  it('A-119 comes back by its evidence without being asked, again and again until that is taken, and never renews', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    const first = acknowledgement(ca, 1);
    await made.source.start(never);
    await first;
    const own = made.source.current() ?? expect.fail('no snapshot');
    let refusals = 0;
    ca.acts.issue = async (request, peer) => {
      refusals += 1;
      return refusals < 3 ? refuse('ATTEST_JOIN_TOKEN', 'spent') : fresh(ca)(request, peer);
    };
    const next = made.next();
    ca.revocations = testRevocations(lineageOf(own));
    const back = await next;
    expect(back.leaf.lineage?.id).to.not.deep.equal(own.leaf.lineage?.id);
    expect(revocationOf(back, made.revocations.current(), wholeSeconds(made.clock.now()))).to.equal(undefined);
    expect([refusals, ca.asked.renewals.length]).to.deep.equal([3, 0]);
  });

  it('A-119 goes on asking with evidence where its identity is revoked', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    const first = acknowledgement(ca, 1);
    await made.source.start(never);
    await first;
    const own = made.source.current() ?? expect.fail('no snapshot');
    const asked = Promise.withResolvers<void>();
    let refusals = 0;
    ca.acts.issue = async () => {
      refusals += 1;
      if (refusals === 3) asked.resolve();
      return refuse('GRANT_REVOKED', 'the identity');
    };
    ca.revocations = testRevocations({ kind: 'spiffe-id', spiffeId: own.id.uri });
    await asked.promise;
    expect(made.source.current()).to.equal(own);
    expect(ca.asked.renewals).to.deep.equal([]);
  });
});
