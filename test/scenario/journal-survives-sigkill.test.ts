/** A CA is killed while it issues as fast as it can. Whatever it delivered, its journal knows after the restart. */
import { expect } from 'chai';

import { demand } from '../../core/fault/fault.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import type { IssuedCertificate, IssueRequest } from '../../runtime/grpc/messages.ts';
import { testKey } from '../kit/x509.ts';
import { makePlace, runToTheEnd, serialOf, startCa, type RunningCa } from './journal-ca.ts';

const NAME = 'journal-survives-sigkill';
const CALLERS = 8;

/** Issues and renews until the CA is gone; gives every serial that came through. */
async function issueUntilTheEnd(ca: RunningCa, onDelivery: () => void): Promise<readonly string[]> {
  const delivered: string[] = [];
  const note = (issued: IssuedCertificate): void => {
    delivered.push(serialOf(issued));
    onDelivery();
  };
  const first = await ca.issue();
  if (!first.outcome.ok) return delivered;
  let holder = { key: first.key, issued: first.outcome.value };
  note(holder.issued);
  for (;;) {
    const key = testKey();
    const mesh = ca.openMesh(holder.issued, holder.key);
    const renewed = await mesh.renew({ csr: writeCsr(key), ttl: undefined });
    mesh.close();
    if (!renewed.ok) return delivered;
    holder = { key, issued: renewed.value };
    note(renewed.value);
  }
}

describe('scenario: journal survives SIGKILL', function () {
  this.timeout(60_000);

  it('A-122 A-125 knows every delivered certificate after a SIGKILL while issuing, three times over', async () => {
    using place = makePlace();
    const delivered: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      await using ca = await startCa(place, NAME);
      for (const serial of delivered) expect(await ca.issuance(serial), serial).to.include({ serial });
      const { promise: enough, resolve } = Promise.withResolvers<void>();
      let count = 0;
      const callers = Array.from({ length: CALLERS }, () =>
        issueUntilTheEnd(ca, () => {
          count += 1;
          if (count === 60 + round * 7) resolve();
        }),
      );
      await enough;
      await ca.end('SIGKILL');
      delivered.push(...(await Promise.all(callers)).flat());
    }
    expect(new Set(delivered).size).to.equal(delivered.length);
    expect(delivered.length).to.be.at.least(180);
    await using ca = await startCa(place, NAME);
    for (const serial of delivered) expect(await ca.issuance(serial), serial).to.include({ serial });
  });

  it('A-122 gives a certificate again whose reply was lost in the crash', async () => {
    using place = makePlace();
    const key = testKey();
    const csr = writeCsr(key);
    let request: IssueRequest;
    let first: string;
    {
      await using ca = await startCa(place, NAME);
      request = { csr, evidence: await ca.evidence(), ttl: undefined };
      first = serialOf(demand(await ca.bootstrap.issue(request)));
      await ca.end('SIGKILL');
    }
    await using ca = await startCa(place, NAME);
    expect(serialOf(demand(await ca.bootstrap.issue(request)))).to.equal(first);
  });

  it('A-128 a second process on the same data says JOURNAL_LOCKED in one line and ends', async () => {
    using place = makePlace();
    await using ca = await startCa(place, NAME);
    const second = await runToTheEnd(place, NAME);
    expect(second.code).to.equal(1);
    expect(second.output.split('\n').filter((line) => line.includes('JOURNAL_LOCKED'))).to.have.length(1);
    expect((await ca.issue()).outcome.ok).to.equal(true);
  });
});
