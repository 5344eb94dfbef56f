import { expect } from 'chai';

import type { Answer, Batch, Command } from '../../../../ca/journal/command.ts';
import { openFile } from '../../../../ca/journal/open-file.ts';
import type { Claim, IssuanceRecord } from '../../../../ca/journal/record.ts';
import { createStore } from '../../../../ca/journal/store.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../../../core/time/units.ts';
import { codeOf, tempFolder } from '../small-ca.ts';
import { issuance, joinToken, NOW } from './records.ts';

function scene() {
  const folder = tempFolder();
  const store = createStore(openFile(`${folder.path}/journal.sqlite`));
  const ask = (command: Command, now: EpochSeconds = NOW): Outcome<Answer> => {
    const [answer] = store.run({ commands: [command], now, auditHead: undefined });
    if (answer === undefined) throw new Error('no answer');
    return answer;
  };
  return {
    run: (batch: Omit<Batch, 'auditHead'>) => store.run({ ...batch, auditHead: undefined }),
    ask,
    add: (claim: Claim, record: IssuanceRecord, now?: EpochSeconds) =>
      ask({ kind: 'add-issuance', claim, issuance: record }, now),
    judge: (claim: Claim, keyDigest: string, now?: EpochSeconds) => ask({ kind: 'judge-claim', claim, keyDigest }, now),
    [Symbol.dispose]() {
      store.close();
      folder[Symbol.dispose]();
    },
  };
}

const SELF: Claim = { kind: 'self' };
const TOKEN: Claim = { kind: 'join-token', hash: 'f0' };
const leaf = (record: IssuanceRecord): Claim => ({
  kind: 'leaf',
  lineageId: record.lineageId,
  thumbprint: record.thumbprint,
  sequence: record.sequence,
  issuedAt: record.issuedAt,
  notAfter: record.notAfter,
});

describe('journal store: join tokens', () => {
  it('A-139 refuses a token that was never made with ATTEST_JOIN_TOKEN', () => {
    using journal = scene();
    expect(codeOf(journal.add(TOKEN, issuance('1')))).to.equal('ATTEST_JOIN_TOKEN');
    expect(codeOf(journal.judge(TOKEN, '4e1'))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('A-139 refuses a token one second after its end, and takes it at its end', () => {
    using journal = scene();
    journal.ask({ kind: 'add-join-token', token: joinToken('f0') });
    expect(codeOf(journal.judge(TOKEN, '4e1', epochSeconds(NOW + 601)))).to.equal('ATTEST_JOIN_TOKEN');
    expect(codeOf(journal.judge(TOKEN, '4e1', epochSeconds(NOW + 600)))).to.equal('ok');
  });

  it('A-139 refuses the second use of a token by another key, also within one batch', () => {
    using journal = scene();
    journal.ask({ kind: 'add-join-token', token: joinToken('f0') });
    const [first, second] = journal.run({
      commands: [
        { kind: 'add-issuance', claim: TOKEN, issuance: issuance('1') },
        { kind: 'add-issuance', claim: TOKEN, issuance: issuance('2') },
      ],
      now: NOW,
    });
    expect(first).to.have.property('ok', true);
    expect(second).to.have.nested.property('refusal.code', 'ATTEST_JOIN_TOKEN');
    expect(journal.ask({ kind: 'find-issuance', serial: '5e2' })).to.have.nested.property('value.issuance', undefined);
  });

  it('gives the same certificate again to the same key, whose reply was lost', () => {
    using journal = scene();
    journal.ask({ kind: 'add-join-token', token: joinToken('f0') });
    journal.add(TOKEN, issuance('1'));
    const again = journal.add(TOKEN, issuance('2', { keyDigest: '4e1' }));
    expect(again).to.have.nested.property('value.earlier.serial', '5e1');
    expect(journal.judge(TOKEN, '4e1')).to.have.nested.property('value.standing.earlier.serial', '5e1');
  });

  it('gives an expired certificate to nobody again', () => {
    using journal = scene();
    journal.ask({ kind: 'add-join-token', token: joinToken('f0') });
    journal.add(TOKEN, issuance('1'));
    expect(codeOf(journal.judge(TOKEN, '4e1', epochSeconds(NOW + 3601)))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('keeps what the token vouches for', () => {
    using journal = scene();
    journal.ask({ kind: 'add-join-token', token: joinToken('f0', { dnsNames: ['a.example', 'localhost'] }) });
    const found = journal.ask({ kind: 'find-join-token', hash: 'f0' });
    expect(found).to.have.nested.property('value.token.path', '/ns/shop/sa/agent');
    expect(found).to.have.deep.nested.property('value.token.dnsNames', ['a.example', 'localhost']);
    expect(journal.ask({ kind: 'find-join-token', hash: 'f1' })).to.have.nested.property('value.token', undefined);
  });
});

describe('journal store: lineages', () => {
  const one = issuance('1');
  const two = issuance('2', { sequence: 1 });

  it('A-127 refuses with GRANT_LINEAGE to continue a lineage that it does not know', () => {
    using journal = scene();
    expect(codeOf(journal.add(leaf(one), two))).to.equal('GRANT_LINEAGE');
  });

  it('A-127 refuses a head that it never saw, as after a restored backup, and freezes nothing', () => {
    using journal = scene();
    journal.add(SELF, one);
    expect(codeOf(journal.judge(leaf(issuance('9')), '4e8'))).to.equal('GRANT_LINEAGE');
    expect(codeOf(journal.judge(leaf(one), '4e8'))).to.equal('ok');
  });

  it('A-138 freezes the lineage at the second renewal of one predecessor: the true head is refused too', () => {
    using journal = scene();
    journal.add(SELF, one);
    journal.add(leaf(one), two);
    const fork = journal.add(leaf(one), issuance('3', { sequence: 1 }));
    expect(fork).to.have.nested.property('refusal.code', 'GRANT_FORK');
    expect(fork).to.have.nested.property('refusal.detail').that.includes('frozen now');
    expect(codeOf(journal.add(leaf(two), issuance('4', { sequence: 2 })))).to.equal('GRANT_LINEAGE');
  });

  it('A-138 does not take the same new key again for a fork', () => {
    using journal = scene();
    journal.add(SELF, one);
    journal.add(leaf(one), two);
    const again = journal.add(leaf(one), issuance('3', { sequence: 1, keyDigest: two.keyDigest }));
    expect(again).to.have.nested.property('value.earlier.serial', two.serial);
    expect(codeOf(journal.judge(leaf(two), '4e9'))).to.equal('ok');
  });

  it('renews the head, one after the other', () => {
    using journal = scene();
    journal.add(SELF, one);
    expect(codeOf(journal.add(leaf(one), two))).to.equal('ok');
    expect(codeOf(journal.add(leaf(two), issuance('3', { sequence: 2 })))).to.equal('ok');
  });
});

describe('journal store: keys and rows', () => {
  it('A-109 refuses one key for two identities with GRANT_KEY_REUSE', () => {
    using journal = scene();
    journal.add(SELF, issuance('1'));
    const other = issuance('2', { keyDigest: '4e1', spiffeId: 'spiffe://mesh.example/ns/shop/sa/other' });
    expect(codeOf(journal.add(SELF, other))).to.equal('GRANT_KEY_REUSE');
    expect(codeOf(journal.judge(SELF, '4e1'))).to.equal('GRANT_KEY_REUSE');
  });

  it('A-110 refuses the key of an ancestor in a renewal', () => {
    using journal = scene();
    const one = issuance('1');
    const two = issuance('2');
    journal.add(SELF, one);
    journal.add(leaf(one), two);
    expect(codeOf(journal.add(leaf(two), issuance('3', { keyDigest: one.keyDigest })))).to.equal('GRANT_KEY_REUSE');
  });

  it('A-114 throws at a serial that is there already: nothing of the batch counts', () => {
    using journal = scene();
    journal.add(SELF, issuance('1'));
    const batch = {
      commands: [
        { kind: 'add-issuance', claim: SELF, issuance: issuance('2') },
        { kind: 'add-issuance', claim: SELF, issuance: issuance('3', { serial: '5e1' }) },
      ],
      now: NOW,
    } as const;
    expect(() => journal.run(batch)).to.throw(/UNIQUE/);
  });

  it('gives an issuance back as it was put in', () => {
    using journal = scene();
    const record = issuance('1', { askedTtl: seconds(90), attestor: 'join-token', sequence: 7 });
    journal.add(SELF, record);
    expect(journal.ask({ kind: 'find-issuance', serial: '5e1' })).to.deep.equal({
      ok: true,
      value: { kind: 'issuance', issuance: record },
    });
  });

  it('keeps rows for a day after their end, then forgets them', () => {
    using journal = scene();
    journal.add(SELF, issuance('1'));
    const dayAfter = NOW + 3600 + 24 * 3600;
    journal.add(SELF, issuance('2'), epochSeconds(dayAfter));
    expect(journal.ask({ kind: 'find-issuance', serial: '5e1' })).to.have.nested.property('value.issuance.serial');
    journal.add(SELF, issuance('3'), epochSeconds(dayAfter + 1));
    expect(journal.ask({ kind: 'find-issuance', serial: '5e1' })).to.have.nested.property('value.issuance', undefined);
  });
});
