/** What lies in the data folder does not belong together, or the start is wrong: the CA says so in one line and ends. */
import { chmodSync, copyFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { runBundle } from '../kit/bundle.ts';
import { makePlace, runToTheEnd, startCa, type CaPlace } from './journal-ca.ts';

const NAME = 'journal-refuses-to-start';

/** A place where a CA has run, with one thing changed since. */
async function changed(change: (place: CaPlace) => void): Promise<CaPlace> {
  const place = makePlace();
  {
    await using ca = await startCa(place, NAME);
    await ca.end('SIGTERM');
  }
  change(place);
  return place;
}

const linesWith = (output: string, code: string): readonly string[] =>
  output.split('\n').filter((line) => line.includes(code));

describe('scenario: journal refuses to start', function () {
  this.timeout(60_000);

  const MISMATCHES: readonly (readonly [title: string, code: string, change: (place: CaPlace) => void])[] = [
    [
      'A-134 with a key file of mode 0644',
      'SIGNER_KEY',
      ({ dataDir }) => chmodSync(join(dataDir, 'authority', 'root.key'), 0o644),
    ],
    [
      'A-135 without the root that the journal knows',
      'JOURNAL_MISMATCH',
      ({ dataDir }) => rmSync(join(dataDir, 'authority'), { recursive: true }),
    ],
    ['A-135 with a key but no root', 'SIGNER_ROOT', ({ dataDir }) => rmSync(join(dataDir, 'authority', 'root.pem'))],
    [
      'with a journal that is none',
      'JOURNAL_MISMATCH',
      ({ dataDir }) => writeFileSync(join(dataDir, 'journal.sqlite'), 'not a database. '.repeat(200)),
    ],
  ];
  for (const [title, code, change] of MISMATCHES)
    it(`${title}: ${code} in one line, and nothing new is made`, async () => {
      using place = await changed(change);
      const before = readdirSync(place.dataDir).toSorted();
      const { code: exitCode, output } = await runToTheEnd(place, NAME);
      expect(exitCode).to.equal(1);
      expect(linesWith(output, code)).to.have.length(1);
      expect(readdirSync(place.dataDir).toSorted()).to.deep.equal(before);
    });

  it('A-135 with the root of another CA in place of its own: JOURNAL_MISMATCH', async () => {
    using other = await changed(() => undefined);
    using place = await changed(({ dataDir }) => rmSync(join(dataDir, 'authority'), { recursive: true }));
    renameSync(join(other.dataDir, 'authority'), join(place.dataDir, 'authority'));
    const { code, output } = await runToTheEnd(place, NAME);
    expect(code).to.equal(1);
    expect(linesWith(output, 'JOURNAL_MISMATCH')).to.have.length(1);
  });

  it('A-127 A-135 without its journal: JOURNAL_MISMATCH that names `cleat ca restore`, at each start', async () => {
    using place = await changed(({ dataDir }) => {
      for (const name of readdirSync(dataDir)) if (name.startsWith('journal.sqlite')) rmSync(join(dataDir, name));
    });
    for (const _ of [1, 2]) {
      const { code, output } = await runToTheEnd(place, NAME);
      expect(code).to.equal(1);
      expect(linesWith(output, 'JOURNAL_MISMATCH').join('')).to.include('cleat ca restore');
    }
  });

  it('A-127 A-139 with an older copy of the journal in its place: JOURNAL_MISMATCH; by `cleat ca restore` it starts', async () => {
    using place = makePlace();
    const journal = join(place.dataDir, 'journal.sqlite');
    const backup = join(place.folder, 'backup.sqlite');
    {
      await using ca = await startCa(place, NAME);
      await ca.issue();
      const made = await runBundle('cleat.cjs', ['ca', 'backup', '--out', backup, '--control', place.control]);
      expect(made, made.err).to.include({ code: 0 });
      await ca.issue();
      await ca.end('SIGTERM');
    }
    copyFileSync(backup, journal);
    const { code, output } = await runToTheEnd(place, NAME);
    expect(code).to.equal(1);
    expect(linesWith(output, 'JOURNAL_MISMATCH')).to.have.length(1);
    expect(output).to.include('cleat ca restore');
    const restored = await runBundle('cleat.cjs', ['ca', 'restore', backup, '--config', place.configFile]);
    expect(restored, restored.err).to.include({ code: 0 });
    await using ca = await startCa(place, NAME);
    expect((await ca.issue()).outcome.ok).to.equal(true);
    await ca.end('SIGTERM');
  });

  it('with a wrong configuration: every mistake with its line, exit code 2', async () => {
    using place = makePlace();
    writeFileSync(place.configFile, 'trustDomain: Mesh\ndatadir: /x\ncertificates: {ttl: 5}\n');
    const { code, output } = await runToTheEnd(place, NAME);
    expect(code).to.equal(2);
    for (const at of ['ca.yaml:1', 'ca.yaml:2', 'ca.yaml:3']) expect(linesWith(output, at), output).to.have.length(1);
  });

  it('with the configuration file missing: CONFIG_FILE in one line, exit code 2', async () => {
    using place = makePlace();
    rmSync(place.configFile);
    const { code, output } = await runToTheEnd(place, NAME);
    expect(code).to.equal(2);
    expect(output.trim().split('\n')).to.have.length(1);
    expect(output).to.include('CONFIG_FILE');
  });
});
