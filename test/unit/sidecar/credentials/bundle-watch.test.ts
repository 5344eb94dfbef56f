import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { admit, refuse, refuseFor } from '../../../../core/fault/refusal.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { startTestCa } from '../../../kit/grpc-ca.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { acknowledgement, rig } from './rig.ts';

const never = new AbortController().signal;

describe('watchBundle()', () => {
  it('A-130 adopts a new bundle as a generation of its own, and acknowledges it', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    const other = createTestAuthority();
    const acknowledged = acknowledgement(ca, 2);
    const next = made.next();
    ca.bundle = { generation: 2, roots: [ca.authority.der, other.der] };
    const snapshot = await next;
    expect(snapshot).to.include({ generation: 2, bundleGeneration: 2 });
    expect(snapshot.roots).to.have.length(2);
    await acknowledged;
    expect(ca.asked.acknowledged.at(-1)).to.equal(2);
  });

  const stranger = createTestAuthority();
  const offers: readonly (readonly [string, (own: Buffer) => readonly Buffer[]])[] = [
    ['an empty one', () => []],
    ['one that shrank to the other root', () => [stranger.der]],
    ['one with a root of another trust domain', (own) => [own, createTestAuthority('other.example').der]],
    ['one of another trust domain alone', () => [createTestAuthority('other.example').der]],
  ];
  for (const [what, roots] of offers) {
    it(`A-132 keeps the last good bundle when ${what} is told, and does not acknowledge it`, async () => {
      await using ca = await startTestCa();
      ca.bundle = { generation: 1, roots: [ca.authority.der, stranger.der] };
      await using made = await rig(ca);
      const first = acknowledgement(ca, 1);
      await made.source.start(never);
      await first;
      const good = made.source.current();
      ca.bundle = { generation: 2, roots: roots(ca.authority.der) };
      await made.log.line(({ fields }) => fields['code'] === 'RENEW_ANSWER');
      expect(made.source.current()).to.equal(good);
      expect(made.metric('cleat_bundle_generation')).to.equal('1');
      expect(new Set(ca.asked.acknowledged)).to.have.property('size', 1);
    });
  }

  it('comes back after the CA ended it or refused the acknowledgement, and drops nothing meanwhile', async () => {
    await using ca = await startTestCa();
    let ends = 0;
    ca.acts.watch = async (leaf, send, signal) => {
      ends += 1;
      return ends === 1 ? refuse('ISSUE_BUSY') : ca.honest.watch(leaf, send, signal);
    };
    let refusals = 0;
    const acknowledged = new Promise<void>((resolve) => {
      ca.acts.acknowledge = async (leaf, told) => {
        refusals += 1;
        if (refusals === 1) return refuse('JOURNAL_FAILED');
        resolve();
        return ca.honest.acknowledge(leaf, told);
      };
    });
    await using made = await rig(ca);
    await made.source.start(never);
    await acknowledged;
    expect(ends).to.equal(3);
    expect(made.source.current()).to.have.property('generation', 1);
    const lost = made.log.lines.filter(({ message }) => message.startsWith('trust stream lost'));
    expect(lost.map(({ fields }) => fields['code'])).to.deep.equal(['ISSUE_BUSY', 'JOURNAL_FAILED']);
  });

  it('moves to the new certificate with each generation', async () => {
    await using ca = await startTestCa();
    const leaves: string[] = [];
    const seen = new Map<string, () => void>();
    ca.acts.watch = (leaf, send, signal) => {
      leaves.push(leaf.toString('hex'));
      seen.get(leaf.toString('hex'))?.();
      return ca.honest.watch(leaf, send, signal);
    };
    await using made = await rig(ca);
    const first = acknowledgement(ca, 1);
    await made.source.start(never);
    await first;
    const again = acknowledgement(ca, 1);
    const next = demand(await made.source.renew());
    await again;
    expect(leaves.at(-1)).to.equal(next.leaf.der.toString('hex'));
  });

  it('A-502 A-129 waits as long as a busy CA said, but no longer than until a lost stream is there again', async () => {
    await using ca = await startTestCa();
    const lost = new AbortController();
    ca.acts.watch = async (leaf, send, signal) => {
      await ca.honest.watch(leaf, send, AbortSignal.any([signal, lost.signal]));
      ca.acts.watch = (...asked) => ca.honest.watch(...asked);
      return refuse('ISSUE_BUSY');
    };
    ca.acts.renew = async () => refuseFor(milliseconds(20_000), 'ISSUE_BUSY', 'busy');
    ca.acts.issue = async (...asked) => {
      const answer = await ca.honest.issue(...asked);
      return answer.ok ? admit({ ...answer.value, renewAt: epochSeconds(Date.now() / 1000 + 1) }) : answer;
    };
    await using made = await rig(ca);
    await made.source.start(never);
    const late = await made.log.line(({ message }) => message.startsWith('no new certificate'));
    expect(late.fields['retryInMs']).to.equal(20_250);
    ca.acts.renew = (leaf, request) => ca.honest.renew(leaf, request);
    const next = made.next();
    lost.abort();
    expect((await next).generation).to.equal(2);
  });
});
