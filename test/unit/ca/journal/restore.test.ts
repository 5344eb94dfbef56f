import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openOffline } from '../../../../ca/journal/offline-file.ts';
import type { RevocationTarget } from '../../../../ca/journal/record.ts';
import { restoreJournal } from '../../../../ca/journal/restore.ts';
import { judgeSoundness } from '../../../../ca/journal/soundness.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds, wholeSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { testKey } from '../../../kit/x509.ts';
import { codeOf, thrownBy, type SmallCa } from '../small-ca.ts';
import { first, renewed, restored, scene, type Scene } from './backup-scene.ts';

describe('a restored journal', () => {
  it('A-127 does not continue a lineage of the backup: the head that it knows gets the first of a new one', async () => {
    using place = scene();
    const leaf = await restored(place, async () => undefined);
    await using ca = await place.start();
    const { lineageId, sequence, der } = await renewed(ca, leaf);
    expect(sequence).to.equal(0);
    expect(lineageId).not.to.equal(await knownLineage(ca, leaf));
    expect((await renewed(ca, der)).sequence).to.equal(1);
  });

  it('A-127 takes a leaf of after the backup as proof of who asks, whatever its sequence', async () => {
    using place = scene();
    let newest: Uint8Array = Buffer.alloc(0);
    await restored(place, async (ca, leaf) => {
      newest = (await renewed(ca, (await renewed(ca, leaf)).der)).der;
    });
    await using ca = await place.start();
    expect((await renewed(ca, newest)).sequence).to.equal(0);
  });

  it('A-127 takes a leaf whose lineage began after the backup', async () => {
    using place = scene();
    let unknown: Uint8Array = Buffer.alloc(0);
    await restored(place, async (ca) => {
      unknown = (await first(ca)).der;
    });
    await using ca = await place.start();
    expect((await renewed(ca, unknown)).sequence).to.equal(0);
  });

  it('A-127 gives the same certificate again for the same key, and freezes the new lineage for a second one', async () => {
    using place = scene();
    let newest: Uint8Array = Buffer.alloc(0);
    const leaf = await restored(place, async (ca, old) => {
      newest = (await renewed(ca, old)).der;
    });
    await using ca = await place.start();
    const key = testKey();
    const { serial, der } = demand(await ca.renew(newest, key)).record;
    expect(demand(await ca.renew(newest, key)).record.serial).to.equal(serial);
    expect(codeOf(await ca.renew(leaf))).to.equal('GRANT_FORK');
    expect(codeOf(await ca.renew(der)), 'the new lineage is frozen').to.equal('GRANT_LINEAGE');
  });

  it('A-127 freezes a lineage of the backup for a second renewal of a predecessor that it knows', async () => {
    using place = scene();
    const { old, head } = await twice(place);
    await place.restore();
    await using ca = await place.start();
    expect(codeOf(await ca.renew(old))).to.equal('GRANT_FORK');
    expect(codeOf(await ca.renew(head))).to.equal('GRANT_LINEAGE');
  });

  it('A-127 refuses a leaf that is older than the head that the backup knows', async () => {
    using place = scene();
    const { old, head } = await twice(place);
    await place.restore();
    place.edit('UPDATE certificate SET predecessor = NULL');
    await using ca = await place.start();
    expect(codeOf(await ca.renew(old))).to.equal('GRANT_LINEAGE');
    expect(codeOf(await ca.renew(head))).to.equal('ok');
  });

  it('A-127 refuses a leaf that was issued after the restoration and is not known', async () => {
    using place = scene();
    const other = scene();
    using _other = other;
    await restored(place, async () => undefined);
    await using ca = await place.start();
    // The same root, another journal: what it issues is nothing that this one has done.
    copyFileSync(place.journal, other.journal);
    place.clock.advance(3600);
    const unknown = demand(await ca.first(await ca.joinToken())).record.der;
    await ca[Symbol.asyncDispose]();
    copyFileSync(other.journal, place.journal);
    await using again = await place.start();
    expect(codeOf(await again.renew(unknown))).to.equal('GRANT_LINEAGE');
  });

  it('A-127 A-139 takes no join token of the backup that was not spent in it', async () => {
    using place = scene();
    const tokens: string[] = [];
    await using before = await place.start();
    tokens.push(await before.joinToken(), await before.joinToken());
    expect(codeOf(await before.journal.backup(place.backup))).to.equal('ok');
    expect(codeOf(await before.first(tokens[0] ?? ''))).to.equal('ok');
    await before[Symbol.asyncDispose]();
    expect((await place.restore(true)).voided).to.equal(2);
    await using ca = await place.start();
    for (const token of tokens) expect(codeOf(await ca.first(token))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('A-114 A-127 never gives a serial of before again', async () => {
    using place = scene();
    const serials: string[] = [];
    const leaf = await restored(place, async (ca, old) => {
      serials.push((await renewed(ca, old)).serial);
      for (let more = 0; more < 8; more += 1) serials.push((await first(ca)).serial);
    });
    await using ca = await place.start();
    serials.push((await renewed(ca, leaf)).serial);
    for (let more = 0; more < 8; more += 1) serials.push((await first(ca)).serial);
    expect(new Set(serials).size).to.equal(serials.length);
    for (const serial of serials) expect(serial).to.match(/^[0-9a-f]{26,32}$/);
  });

  it('continues lineages where the journal was not restored, and knows no others: GRANT_LINEAGE', async () => {
    using place = scene();
    await using ca = await place.start();
    const leaf = (await first(ca)).der;
    expect((await renewed(ca, leaf)).sequence).to.equal(1);
    const root = ca.authority.certificate.der;
    await ca[Symbol.asyncDispose]();
    place.edit('DELETE FROM lineage; DELETE FROM certificate');
    await using again = await place.start();
    expect(again.authority.certificate.der.equals(root)).to.equal(true);
    expect(codeOf(await again.renew(leaf))).to.equal('GRANT_LINEAGE');
  });
});

/** A backup with a certificate and its successor. */
async function twice(place: Scene): Promise<{ readonly old: Uint8Array; readonly head: Uint8Array }> {
  await using ca = await place.start();
  const old = (await first(ca)).der;
  const head = (await renewed(ca, old)).der;
  expect(codeOf(await ca.journal.backup(place.backup))).to.equal('ok');
  return { old, head };
}

async function knownLineage(ca: SmallCa, leaf: Uint8Array): Promise<string> {
  const { serial } = demand(parseCertificate(Buffer.from(leaf)));
  return demand(await ca.journal.findIssuance(serial))?.lineageId ?? '';
}

describe('restoreJournal()', () => {
  it('A-128 refuses while a CA runs on the journal: JOURNAL_LOCKED', async () => {
    using place = scene();
    await using ca = await place.start();
    expect(codeOf(await ca.journal.backup(place.backup))).to.equal('ok');
    expect(await thrownBy(() => place.restore(true))).to.equal('JOURNAL_LOCKED');
    expect(existsSync(`${place.journal}.restoring`)).to.equal(false);
  });

  it('refuses a missing backup, one that is none, and an unsound one, and changes nothing', async () => {
    using place = scene();
    await using ca = await place.start();
    await first(ca);
    expect(codeOf(await ca.journal.backup(place.backup))).to.equal('ok');
    await ca[Symbol.asyncDispose]();
    const before = readFileSync(place.journal);
    const sound = readFileSync(place.backup);
    const file = {
      file: place.journal,
      isForced: true,
      now: wholeSeconds(place.clock.now()),
      tell: async () => undefined,
    };
    expect(await thrownBy(() => restoreJournal({ ...file, backup: '/nowhere' }))).to.equal('CONFIG_FILE');
    writeFileSync(place.backup, 'hello');
    expect(await thrownBy(() => place.restore(true))).to.equal('JOURNAL_MISMATCH');
    writeFileSync(place.backup, sound);
    const database = new DatabaseSync(place.backup);
    database.exec("UPDATE certificate SET spiffe_id = 'spiffe://mesh.example/other'");
    database.close();
    expect(await thrownBy(() => place.restore(true))).to.equal('JOURNAL_KEPT');
    expect(readFileSync(place.journal).equals(before)).to.equal(true);
  });

  it('refuses over a newer journal and a damaged one without force: JOURNAL_KEPT; with it, both are kept aside', async () => {
    using place = scene();
    await using ca = await place.start();
    await first(ca);
    expect(codeOf(await ca.journal.backup(place.backup))).to.equal('ok');
    place.clock.advance(5);
    await first(ca);
    await ca[Symbol.asyncDispose]();
    expect(await thrownBy(() => place.restore())).to.equal('JOURNAL_KEPT');
    const { kept, lineages } = await place.restore(true);
    expect(lineages).to.equal(1);
    expect(existsSync(kept ?? '')).to.equal(true);
    expect(statSync(place.journal).mode & 0o777).to.equal(0o600);
    place.clock.advance(1);
    writeFileSync(place.journal, 'damaged');
    expect(await thrownBy(() => place.restore())).to.equal('JOURNAL_KEPT');
    expect(readFileSync((await place.restore(true)).kept ?? '', 'utf8')).to.equal('damaged');
    expect(place.fault()).to.equal(undefined);
  });

  it('A-127 keeps revoked and frozen what was so in the journal that it replaces, and says how many', async () => {
    using place = scene();
    await using ca = await place.start();
    const leaf = (await first(ca)).der;
    const forked = await first(ca);
    const revoked = demand(await ca.first(await ca.joinToken('/ns/shop/sa/other'))).record;
    expect(codeOf(await ca.journal.backup(place.backup))).to.equal('ok');
    place.clock.advance(60);
    const now = wholeSeconds(place.clock.now());
    const terms = { reason: 'keyCompromise', revokedAt: now, endsAt: undefined } as const;
    const fallbackEnd = epochSeconds(now + 3600);
    const { spiffeId } = revoked;
    demand(await ca.journal.addRevocation({ ...terms, fallbackEnd, target: { kind: 'spiffe-id', spiffeId } }));
    await renewed(ca, forked.der);
    expect(codeOf(await ca.renew(forked.der))).to.equal('GRANT_FORK');
    const before = demand(await ca.journal.listRevocations());
    expect(before.entries).to.have.length(2);
    await ca[Symbol.asyncDispose]();
    expect((await place.restore(true)).carried).to.deep.equal({ revocations: 2, frozen: 1, registrations: 0 });
    expect(place.fault()).to.equal(undefined);
    await using again = await place.start();
    const after = demand(await again.journal.listRevocations());
    expect(after.entries.map(({ kind }) => kind)).to.deep.equal(before.entries.map(({ kind }) => kind));
    expect(after.entries.every(({ generation }) => generation > 1_000_000)).to.equal(true);
    expect(codeOf(await again.renew(revoked.der))).to.equal('GRANT_REVOKED');
    expect(codeOf(await again.first(await again.joinToken('/ns/shop/sa/other')))).to.equal('GRANT_REVOKED');
    expect(codeOf(await again.renew(forked.der))).to.equal('GRANT_LINEAGE');
    expect(codeOf(await again.renew(leaf))).to.equal('ok');
  });

  it('A-127 brings nothing back to life: what was disabled, revoked, rotated or ended stays so', async () => {
    using place = scene();
    await using ca = await place.start();
    const { verbs } = ca.registrations;
    const order = { methods: ['secret', 'api_key'], spiffe: [{ exact: '/ns/a' }], audiences: ['payments'] };
    for (const id of ['disabled', 'rotated', 'kept']) demand(await verbs['client-create']({ id, ...order }));
    const keyOf = async () => {
      const made = demand(await verbs['key-create']({ client: 'kept', owner: 'team' }));
      return (made as { readonly apiKey: { readonly id: string } }).apiKey.id;
    };
    const [revoked, shortened, kept] = [await keyOf(), await keyOf(), await keyOf()];
    const held = { client: 'kept', audience: 'payments', for: '1h', purpose: 'test' };
    const { mandate } = demand(await verbs['mandate-create'](held)) as { readonly mandate: { readonly id: string } };
    expect(codeOf(await ca.journal.backup(place.backup))).to.equal('ok');
    place.clock.advance(60);
    demand(await verbs['client-disable']({ id: 'disabled' }));
    demand(await verbs['client-rotate']({ id: 'rotated', overlap: '0s' }));
    demand(await verbs['key-revoke']({ id: revoked }));
    demand(await verbs['key-rotate']({ id: shortened, overlap: '1h' }));
    demand(await verbs['mandate-end']({ id: mandate.id }));
    const before = demand(await ca.journal.readRegistrations());
    await ca[Symbol.asyncDispose]();
    expect((await place.restore(true)).carried).to.deep.equal({ revocations: 3, frozen: 0, registrations: 5 });
    expect(place.fault()).to.equal(undefined);
    await using again = await place.start();
    const after = demand(await again.journal.readRegistrations());
    expect(after.clients).to.deep.equal(before.clients);
    expect(after.mandates).to.deep.equal(before.mandates);
    const known = [revoked, shortened, kept];
    expect(after.apiKeys).to.deep.equal(before.apiKeys.filter(({ id }) => known.includes(id)));
    expect(again.registrations.registry.findClient('disabled')).to.equal(undefined);
  });

  it('A-127 keeps a lineage frozen that began after the backup, and says that all is lost where nothing can be read', async () => {
    using place = scene();
    let forked: Uint8Array = Buffer.alloc(0);
    await restored(place, async (ca) => {
      forked = (await first(ca)).der;
      await renewed(ca, forked);
      expect(codeOf(await ca.renew(forked))).to.equal('GRANT_FORK');
    });
    expect(place.fault()).to.equal(undefined);
    const ca = await place.start();
    expect(codeOf(await ca.renew(forked))).to.equal('GRANT_LINEAGE');
    await ca[Symbol.asyncDispose]();
    place.clock.advance(1);
    writeFileSync(place.journal, 'damaged');
    expect((await place.restore(true)).carried).to.equal(undefined);
  });

  it('A-127 lets a certificate and a lineage be revoked that it lost: they buy no new lineage then', async () => {
    using place = scene();
    const lost: Uint8Array[] = [];
    await restored(place, async (ca) => {
      lost.push((await first(ca)).der, (await first(ca)).der, (await first(ca)).der);
    });
    await using ca = await place.start();
    const now = wholeSeconds(place.clock.now());
    const revoke = async (target: RevocationTarget) => {
      const fallbackEnd = epochSeconds(now + 3600);
      const terms = { reason: 'keyCompromise', revokedAt: now, endsAt: undefined, fallbackEnd } as const;
      const added = demand(await ca.journal.addRevocation({ ...terms, target }));
      expect(added.endsAt).to.equal(fallbackEnd);
      expect((await ca.revocations.reload()).ok).to.equal(true);
    };
    const [one, two, three] = lost.map((der) => demand(parseCertificate(Buffer.from(der))));
    await revoke({ kind: 'certificate', serial: one?.serial ?? '' });
    await revoke({ kind: 'lineage', lineageId: two?.lineage?.id.toString('hex') ?? '' });
    expect(codeOf(await ca.renew(lost[0] ?? Buffer.alloc(0)))).to.equal('GRANT_REVOKED');
    expect(codeOf(await ca.renew(lost[1] ?? Buffer.alloc(0)))).to.equal('GRANT_REVOKED');
    expect(codeOf(await ca.renew(lost[2] ?? Buffer.alloc(0))), three?.serial ?? '').to.equal('ok');
  });

  it('puts generations beyond any that was told after the backup', async () => {
    using place = scene();
    await restored(place, async () => undefined);
    await using ca = await place.start();
    const trust = demand(await ca.journal.readTrust());
    if (trust.bundle !== undefined) expect(trust.bundle.generation).to.be.above(1_000_000);
    expect(demand(await ca.journal.listRevocations()).generation).to.be.at.least(1_000_000);
  });

  it('A-127 never goes back where the same backup is restored again: beyond backup and present journal', async () => {
    using place = scene();
    await (await place.start())[Symbol.asyncDispose]();
    place.edit("INSERT OR REPLACE INTO bundle (one, generation, digest, is_paused) VALUES (1, 3, '', 0)");
    await restored(place, async () => undefined);
    place.edit(
      "UPDATE bundle SET generation = generation + 5; UPDATE sqlite_sequence SET seq = seq + 7 WHERE name = 'revocation'",
    );
    const told = place.generations();
    expect(told.bundle).to.be.above(1_000_000);
    place.clock.advance(1);
    await place.restore(true);
    const again = place.generations();
    expect(again.bundle).to.be.above(told.bundle);
    expect(again.revocation).to.be.above(told.revocation);
  });
});

describe('Journal.backup()', () => {
  it('refuses a file that is there, and one that cannot be made: JOURNAL_BACKUP, and goes on', async () => {
    using place = scene();
    await using ca = await place.start();
    writeFileSync(place.backup, 'mine');
    expect(codeOf(await ca.journal.backup(place.backup))).to.equal('JOURNAL_BACKUP');
    expect(readFileSync(place.backup, 'utf8')).to.equal('mine');
    expect(codeOf(await ca.journal.backup('/nowhere/backup'))).to.equal('JOURNAL_BACKUP');
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('ok');
  });

  it('gives one sound state, 0600, while certificates are issued', async () => {
    using place = scene();
    await using ca = await place.start();
    for (let more = 0; more < 20; more += 1) await first(ca);
    const [made] = await Promise.all([ca.journal.backup(place.backup), ...Array.from({ length: 40 }, () => first(ca))]);
    expect(codeOf(made)).to.equal('ok');
    expect(statSync(place.backup).mode & 0o777).to.equal(0o600);
    const database = openOffline(place.backup);
    const soundness = judgeSoundness(database, wholeSeconds(place.clock.now()));
    database.close();
    expect(soundness.fault).to.equal(undefined);
    expect(soundness.certificates).to.be.at.least(20);
  });
});
