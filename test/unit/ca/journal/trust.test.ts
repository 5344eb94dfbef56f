import { DatabaseSync } from 'node:sqlite';

import { expect } from 'chai';

import type { Command } from '../../../../ca/journal/command.ts';
import { APPLICATION_ID, MIGRATIONS } from '../../../../ca/journal/migrations.ts';
import { openFile } from '../../../../ca/journal/open-file.ts';
import type { AuthorityRecord, LiveCertificate, TrustRecord } from '../../../../ca/journal/record.ts';
import { createStore } from '../../../../ca/journal/store.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { tempFolder } from '../small-ca.ts';
import { issuance, joinToken, NOW } from './records.ts';

function authority(thumbprint: string, change: Partial<AuthorityRecord> = {}): AuthorityRecord {
  return {
    thumbprint,
    der: new Uint8Array([1]),
    slot: 'active',
    above: [],
    root: new Uint8Array([1]),
    folder: 'authority',
    publishedAt: 1,
    begunBy: 'operator',
    voucher: undefined,
    ...change,
  };
}

const BUNDLE = { generation: 3, digest: 'dd', isPaused: false };

function scene() {
  const folder = tempFolder();
  const store = createStore(openFile(`${folder.path}/journal.sqlite`));
  const ask = (command: Command, now = NOW): unknown => {
    const [answer] = store.run({ commands: [command], now, auditHead: undefined });
    if (answer?.ok !== true) throw new Error('refused');
    return answer.value;
  };
  return {
    ask,
    change: (...authorities: AuthorityRecord[]) =>
      ask({ kind: 'add-trust-change', change: { authorities, bundle: BUNDLE } }),
    trust: () => (ask({ kind: 'read-trust' }) as { readonly trust: TrustRecord }).trust,
    live: (now = NOW) => (ask({ kind: 'list-live' }, now) as { readonly live: readonly LiveCertificate[] }).live,
    [Symbol.dispose]() {
      store.close();
      folder[Symbol.dispose]();
    },
  };
}

describe('journal: authorities', () => {
  it('knows none, and no bundle, at first', () => {
    using journal = scene();
    expect(journal.trust()).to.deep.equal({ authorities: [], bundle: undefined });
  });

  it('gives back what it was told, and the last of what it was told', () => {
    using journal = scene();
    const files = authority('b', {
      slot: 'prepared',
      folder: undefined,
      above: [new Uint8Array([2, 3]), new Uint8Array([4])],
      root: new Uint8Array([5]),
      begunBy: 'schedule',
      voucher: new Uint8Array([6]),
      publishedAt: 3,
    });
    journal.change(authority('a'), files);
    expect(journal.trust()).to.deep.equal({ authorities: [authority('a'), files], bundle: BUNDLE });
    journal.change(authority('a', { slot: 'dropped' }));
    expect(journal.trust().authorities.map(({ slot }) => slot)).to.deep.equal(['dropped', 'prepared']);
  });

  it('takes the first root of an older journal as the one that signed all of its certificates', () => {
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    const old = new DatabaseSync(file);
    old.exec(MIGRATIONS[0] ?? '');
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1;
      INSERT INTO authority VALUES ('ab', x'09', 1);
      INSERT INTO certificate VALUES ('5e1', '711', '4e1', 'spiffe://a/b', 'aa', 0, NULL, 'join-token', ${NOW}, ${NOW + 60}, NULL, x'01');
      INSERT INTO lineage VALUES ('aa', '711', ${NOW + 60}, NULL);`);
    old.close();
    const store = createStore(openFile(file));
    const [trust, live] = store.run({
      commands: [{ kind: 'read-trust' }, { kind: 'list-live' }],
      now: NOW,
      auditHead: undefined,
    });
    store.close();
    expect(trust).to.have.deep.nested.property('value.trust', {
      authorities: [authority('ab', { der: new Uint8Array([9]), root: new Uint8Array([9]) })],
      bundle: undefined,
    });
    expect(live).to.have.nested.property('value.live[0].authority', 'ab');
  });
});

describe('journal: live certificates', () => {
  it('lists the unexpired ones of workloads, says which are heads, and leaves the own ones out', () => {
    using journal = scene();
    journal.ask({ kind: 'add-issuance', claim: { kind: 'self' }, issuance: issuance('0', { lineageId: 'ca' }) });
    journal.ask({ kind: 'add-join-token', token: joinToken('f0') });
    const first = issuance('1', { attestor: 'join-token', lineageId: 'bb' });
    journal.ask({ kind: 'add-issuance', claim: { kind: 'join-token', hash: 'f0' }, issuance: first });
    const second = issuance('2', {
      attestor: 'leaf',
      lineageId: 'bb',
      sequence: 1,
      notAfter: epochSeconds(NOW + 7200),
    });
    const { lineageId, thumbprint, sequence, issuedAt, notAfter } = first;
    const claim = { kind: 'leaf', lineageId, thumbprint, sequence, issuedAt, notAfter } as const;
    journal.ask({ kind: 'add-issuance', claim, issuance: second });
    expect(journal.live().map(({ serial, isHead, authority: by }) => [serial, isHead, by])).to.deep.equal([
      ['5e1', false, 'a0'],
      ['5e2', true, 'a0'],
    ]);
    expect(journal.live(first.notAfter)).to.have.length(2);
    expect(journal.live(epochSeconds(first.notAfter + 1)).map(({ serial }) => serial)).to.deep.equal(['5e2']);
    expect(journal.live(epochSeconds(NOW + 7201))).to.deep.equal([]);
  });

  it('gives a certificate back with the chain of the authority that signed it', () => {
    using journal = scene();
    const above = [new Uint8Array([7]), new Uint8Array([8])];
    journal.change(authority('a0', { above, folder: undefined, slot: 'dropped' }));
    journal.ask({ kind: 'add-issuance', claim: { kind: 'self' }, issuance: issuance('1', { above }) });
    expect(journal.ask({ kind: 'find-issuance', serial: '5e1' })).to.have.deep.nested.property('issuance.above', above);
  });
});
