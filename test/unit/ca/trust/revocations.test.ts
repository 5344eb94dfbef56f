import { expect } from 'chai';

import { createRevocationSource } from '../../../../ca/trust/revocations.ts';
import { createTrustState } from '../../../../ca/trust/trust-state.ts';
import { createTrustBundle } from '../../../../ca/trust/bundle.ts';
import { admit, refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import type { RevocationState, TrustState } from '../../../../runtime/grpc/messages.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { testRevocations } from '../../../kit/revocations.ts';
import { codeOf, thrownBy } from '../small-ca.ts';

const never = new AbortController().signal;
const ID = { kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/x' } as const;

function setUp() {
  const collected = collectLog();
  const { log } = collected;
  const line: typeof collected.line = (accept) => collected.line(accept);
  const world: { listed: Outcome<RevocationState> } = { listed: admit(testRevocations()) };
  const source = createRevocationSource({ journal: { listRevocations: async () => world.listed }, log });
  return { world, source, line };
}

describe('createRevocationSource()', () => {
  it('does not start while the journal cannot say what is revoked', async () => {
    const { world, source } = setUp();
    world.listed = refuse('JOURNAL_FAILED', 'disk');
    await using _end = source;
    expect(await thrownBy(() => source.start(never))).to.equal('JOURNAL_FAILED');
  });

  it('keeps the last state when the journal fails, tries again by itself, and tells what is new', async () => {
    const { world, source, line } = setUp();
    world.listed = admit(testRevocations(ID));
    await source.start(never);
    await using _end = source;
    const told: number[] = [];
    source.subscribe(({ generation }) => told.push(generation));
    world.listed = refuse('JOURNAL_FAILED', 'disk');
    expect(codeOf(await source.reload())).to.equal('JOURNAL_FAILED');
    expect(source.current().entries).to.have.length(1);
    world.listed = admit(testRevocations(ID, { ...ID, spiffeId: 'spiffe://mesh.example/y' }));
    await line(({ message, fields }) => message === 'revocations read' && fields['generation'] === 2);
    expect(told).to.deep.equal([2]);
    world.listed = admit(testRevocations(ID));
    await source.reload();
    expect(source.current().generation, 'a look that saw less').to.equal(2);
  });
});

describe('RevocationSource.reload()', () => {
  it('reads once for all who ask while it reads, and what was there when they asked', async () => {
    let reads = 0;
    let written = 1;
    const listRevocations = async () => {
      reads += 1;
      const things = Array.from({ length: written }, (_, at) => ({ ...ID, spiffeId: `${ID.spiffeId}${at}` }));
      await new Promise((resolve) => setImmediate(resolve));
      return admit(testRevocations(...things));
    };
    await using source = createRevocationSource({ journal: { listRevocations }, log: collectLog().log });
    await source.start(never);
    const first = source.reload();
    const crowd = Array.from({ length: 100 }, () => {
      written += 1;
      return source.reload();
    });
    await Promise.all([first, ...crowd]);
    expect(reads).to.be.at.most(3);
    expect(source.current().generation).to.equal(101);
  });
});

describe('createTrustState()', () => {
  it('is one object while nothing changes, and another at each change of either part', async () => {
    const { world, source } = setUp();
    const bundle = createTrustBundle();
    bundle.publish([Buffer.from('root')]);
    await source.start(never);
    const trust = createTrustState({ bundle, revocations: source });
    const first = trust.current();
    expect(trust.current()).to.equal(first);
    const told: TrustState[] = [];
    const subscription = trust.subscribe((state) => told.push(state));
    bundle.publish([Buffer.from('root'), Buffer.from('other')]);
    world.listed = admit(testRevocations(ID));
    await source.reload();
    expect(told.map((state) => [state.bundle.roots.length, state.revocations.generation])).to.deep.equal([
      [2, 0],
      [2, 1],
    ]);
    expect(trust.current()).to.equal(told[1]);
    subscription[Symbol.dispose]();
    bundle.publish([Buffer.from('root')]);
    expect(told).to.have.length(2);
  });
});
