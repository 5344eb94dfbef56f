import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { exportRows } from '../../../../ca/journal/export.ts';
import { openOffline } from '../../../../ca/journal/offline-file.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { thrownBy, type SmallCa } from '../small-ca.ts';
import { first, renewed, restored, scene, type Scene } from './backup-scene.ts';

/** A client, a key of it and a mandate. */
async function register(ca: SmallCa): Promise<void> {
  const { verbs } = ca.registrations;
  const order = { methods: ['secret', 'api_key'], spiffe: [{ exact: '/ns/a' }], audiences: ['payments'] };
  demand(await verbs['client-create']({ id: 'billing', ...order }));
  demand(await verbs['key-create']({ client: 'billing', owner: 'team' }));
  demand(await verbs['mandate-create']({ client: 'billing', audience: 'payments', for: '1h', purpose: 'test' }));
}

describe('judgeSoundness()', () => {
  async function issued(place: Scene): Promise<void> {
    await using ca = await place.start();
    const { der } = await first(ca);
    await renewed(ca, der);
    await first(ca);
    await ca.joinToken();
    await register(ca);
  }

  const EDITS = [
    [
      'A-126 another name',
      "UPDATE certificate SET spiffe_id = 'spiffe://mesh.example/x' WHERE sequence = 1",
      /^certificate \w+: spiffe_id/,
    ],
    [
      'A-126 a longer life',
      'UPDATE certificate SET not_after = not_after + 1 WHERE sequence = 1',
      /^certificate \w+: not_after/,
    ],
    [
      'A-126 another key',
      "UPDATE certificate SET key_digest = 'aa' WHERE sequence = 1",
      /^certificate \w+: key_digest/,
    ],
    ['A-126 another serial', "UPDATE certificate SET serial = 'aa' WHERE sequence = 1", /^certificate aa: serial/],
    [
      'A-126 another thumbprint',
      "UPDATE certificate SET thumbprint = 'aa' WHERE sequence = 1",
      /^certificate \w+: thumbprint/,
    ],
    [
      'A-126 a certificate that cannot be read',
      "UPDATE certificate SET der = x'3000' WHERE sequence = 1",
      /^certificate \w+: cannot be read/,
    ],
    [
      'A-126 an authority that is not there',
      "UPDATE certificate SET authority = 'aa' WHERE sequence = 1",
      /^certificate \w+: its authority/,
    ],
    [
      'A-126 an authority with another thumbprint',
      "UPDATE authority SET thumbprint = 'aa'",
      /^authority aa: has another/,
    ],
    [
      'A-126 a head that is not the newest',
      'UPDATE lineage SET head = (SELECT thumbprint FROM certificate WHERE sequence = 0 AND lineage = lineage.id) WHERE id IN (SELECT lineage FROM certificate WHERE sequence = 1)',
      /^lineage \w+: its head is not its newest/,
    ],
    ['A-126 a head that is not there', "UPDATE lineage SET head = 'aa'", /^lineage \w+: its head is not in/],
    ['A-126 a lineage that is not there', 'DELETE FROM lineage', /^certificate \w+: its lineage/],
    [
      'A-126 a successor of another lineage',
      'UPDATE certificate SET predecessor = (SELECT thumbprint FROM certificate WHERE sequence = 1) WHERE lineage NOT IN (SELECT lineage FROM certificate WHERE sequence = 1)',
      /^certificate \w+: does not follow/,
    ],
    ['A-126 a client that cannot be read', "UPDATE client SET secrets = '{'", /^client billing: cannot be read/],
    ['A-126 a mandate that cannot be read', "UPDATE mandate SET holder = 'x'", /^mandate \w+: cannot be read/],
    ['A-126 a key without its client', 'DELETE FROM client', /^api_key \w+: its client/],
    ['A-126 an index that is gone', 'DROP INDEX certificate_by_end', /^schema: index certificate_by_end/],
    ['A-126 a table more', 'CREATE TABLE extra (x)', /^schema: table extra/],
  ] as const;
  for (const [what, sql, fault] of EDITS)
    it(`${what}: names it`, async () => {
      using place = scene();
      await issued(place);
      place.edit(sql);
      expect(place.fault()).to.match(fault);
    });

  it("A-126 a signature that is not the authority's: names the certificate", async () => {
    using place = scene();
    await issued(place);
    const database = new DatabaseSync(place.journal);
    const row = database.prepare('SELECT serial, der FROM certificate WHERE sequence = 1').get();
    const der = Buffer.from(row?.['der'] as Uint8Array);
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const thumbprint = createHash('sha256').update(der).digest('hex');
    database.prepare('UPDATE certificate SET der = ?, thumbprint = ? WHERE sequence = 1').run(der, thumbprint);
    database.close();
    expect(place.fault()).to.equal(`certificate ${String(row?.['serial'])}: it is not signed by its authority`);
  });

  it('A-126 a damaged page: names the file', async () => {
    using place = scene();
    await issued(place);
    const bytes = readFileSync(place.journal);
    bytes.fill(0xff, 4096 * 3, 4096 * 3 + 64);
    writeFileSync(place.journal, bytes);
    expect(place.fault()).to.match(/^file: /);
  });

  it('A-128 refuses the journal of a running CA: JOURNAL_LOCKED; another file: JOURNAL_MISMATCH', async () => {
    using place = scene();
    await using _ca = await place.start();
    expect(await thrownBy(() => place.fault())).to.equal('JOURNAL_LOCKED');
    appendFileSync(place.backup, 'no database at all, whatever it says');
    expect(await thrownBy(() => openOffline(place.backup))).to.equal('JOURNAL_MISMATCH');
    expect(await thrownBy(() => openOffline('/nowhere'))).to.equal('CONFIG_FILE');
  });

  it('leaves nothing beside what it read', async () => {
    using place = scene();
    await issued(place);
    const before = readdirSync(place.dataDir);
    expect(place.fault()).to.equal(undefined);
    expect(readdirSync(place.dataDir)).to.deep.equal(before);
  });

  it('finds nothing in what a CA left, also after a restoration and new lineages', async () => {
    using place = scene();
    await issued(place);
    expect(place.fault()).to.equal(undefined);
    const leaf = await restored(place, async () => undefined);
    await using ca = await place.start();
    await renewed(ca, (await renewed(ca, leaf)).der);
    await ca[Symbol.asyncDispose]();
    expect(place.fault()).to.equal(undefined);
  });
});

describe('exportRows()', () => {
  it('gives every row, no hash of a join token or API key in full, and nothing of a secret', async () => {
    using place = scene();
    await using ca = await place.start();
    await first(ca);
    await ca.joinToken();
    await register(ca);
    await ca[Symbol.asyncDispose]();
    const database = openOffline(place.journal);
    const rows = [...exportRows(database)];
    database.close();
    const kinds = rows.map(({ kind }) => String(kind));
    const tables = ['authority', 'lineage', 'certificate', 'join_token', 'client', 'api_key', 'mandate'];
    for (const kind of tables) expect(kinds).to.include(kind);
    for (const row of rows) if ('hash' in row) expect(row['hash']).to.match(/^[0-9a-f]{12}$/);
    expect(rows.find(({ kind }) => kind === 'client')).to.include({ secrets: '<kept>' });
    expect(() => JSON.stringify(rows)).not.to.throw();
  });
});
