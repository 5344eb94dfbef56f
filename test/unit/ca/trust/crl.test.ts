import { expect } from 'chai';

import { createCrlPublisher } from '../../../../ca/trust/crl.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { epochSeconds, wholeSeconds } from '../../../../core/time/units.ts';
import { parseCrl } from '../../../../core/x509/crl.ts';
import { startSmallCa, type SmallCa } from '../small-ca.ts';

const never = new AbortController().signal;

function publisher(ca: SmallCa, changes: Partial<Parameters<typeof createCrlPublisher>[0]> = {}) {
  return createCrlPublisher({
    journal: ca.journal,
    revocations: ca.revocations,
    authority: () => ca.authority,
    onAuthority: () => ({ [Symbol.dispose]: () => undefined }),
    clock: ca.clock,
    log: ca.log.log,
    ...changes,
  });
}

/** A list that is newer than the one of this number. */
const made = (ca: SmallCa, number: number) =>
  ca.log.line(({ message, fields }) => message === 'revocation list made' && Number(fields['number']) > number);

async function revoke(ca: SmallCa, serial: string): Promise<void> {
  const now = wholeSeconds(ca.clock.now());
  const terms = {
    reason: 'keyCompromise',
    revokedAt: now,
    endsAt: undefined,
    fallbackEnd: epochSeconds(now + 9),
  } as const;
  demand(await ca.journal.addRevocation({ target: { kind: 'certificate', serial }, ...terms }));
  demand(await ca.revocations.reload());
}

describe('createCrlPublisher()', () => {
  it('publishes nothing where no list can be made, says why, and the CA starts all the same', async () => {
    await using ca = await startSmallCa();
    await using list = publisher(ca, {
      journal: { listRevokedSerials: async () => refuse('JOURNAL_FAILED', 'disk full') },
    });
    await list.start(never);
    expect(list.current()).to.equal(undefined);
    expect(ca.log.lines.some(({ fields }) => fields['code'] === 'JOURNAL_FAILED')).to.equal(true);
  });

  it('publishes no list past its end', async () => {
    await using ca = await startSmallCa();
    await using list = publisher(ca);
    await list.start(never);
    ca.clock.advance(3600);
    expect(list.current()).to.not.equal(undefined);
    ca.clock.advance(1);
    expect(list.current()).to.equal(undefined);
  });

  it('makes a new one with a greater number when something is revoked, or another authority signs', async () => {
    await using ca = await startSmallCa();
    let onAuthority: () => void = () => undefined;
    await using list = publisher(ca, {
      onAuthority: (tell) => {
        onAuthority = tell;
        return { [Symbol.dispose]: () => undefined };
      },
    });
    const { record } = demand(await ca.first(await ca.joinToken()));
    await list.start(never);
    const first = demand(parseCrl(list.current() ?? Buffer.alloc(0)));
    expect(first.entries).to.deep.equal([]);
    const next = made(ca, first.number);
    await revoke(ca, record.serial);
    await next;
    const second = demand(parseCrl(list.current() ?? Buffer.alloc(0)));
    expect(second.entries).to.deep.equal([
      { serial: record.serial, reason: 'keyCompromise', revokedAt: wholeSeconds(ca.clock.now()) },
    ]);
    expect(second.number).to.be.above(first.number);
    const again = made(ca, second.number);
    onAuthority();
    await again;
    expect(demand(parseCrl(list.current() ?? Buffer.alloc(0))).number).to.be.above(second.number);
  });
});
