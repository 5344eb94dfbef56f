/** The verbs on a journal and an audit stream that no CA runs on. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect } from 'chai';

import { dispatch } from '../../../cli/dispatch.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { demand } from '../../../core/fault/fault.ts';
import { milliseconds } from '../../../core/time/units.ts';
import { createAuditFile } from '../../../runtime/audit/file.ts';
import { captureIo } from '../../kit/captured-io.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { startSmallCa, tempFolder, testClock } from '../ca/small-ca.ts';

async function cleat(...words: readonly string[]) {
  const io = captureIo();
  const code = await dispatch(words, VERBS, io);
  return { code, out: io.written.out, err: io.written.err };
}

/** A journal with two certificates, and the audit stream of three lines that its CA could have written. */
async function make(
  folder: string,
): Promise<{ readonly journal: string; readonly audit: string; readonly end: string }> {
  const audit = join(folder, 'audit.jsonl');
  await using ca = await startSmallCa({ dataDir: folder });
  const { record } = demand(await ca.first(await ca.joinToken()));
  demand(await ca.renew(record.der));
  await using stream = createAuditFile({
    path: audit,
    onFailure: 'stop',
    remembered: async () => undefined,
    clock: testClock(),
    log: collectLog().log,
    onHealth: () => undefined,
  });
  await stream.start(new AbortController().signal);
  for (const serial of ['a1', 'a2']) demand(stream.record('issuance', { serial }));
  await stream.drain(milliseconds(0));
  return { audit, journal: join(folder, 'journal.sqlite'), end: `2:${stream.head()?.digest}` };
}

describe('cleat audit verify', () => {
  it('A-126 names file and line of what was edited, in the second of two files too: exit code 1', async () => {
    using folder = tempFolder();
    const { audit } = await make(folder.path);
    const [first = '', second = '', third = ''] = readFileSync(audit, 'utf8').split('\n');
    writeFileSync(audit, `${first}\n${second.replace('a1', 'a9')}\n${third}\n`);
    expect(await cleat('audit', 'verify', audit)).to.deep.include({
      code: 1,
      out: `broken at ${audit}:2: it was changed: its neighbour in the chain names another\n`,
    });
    const rest = join(folder.path, 'rest.jsonl');
    writeFileSync(audit, `${first}\n`);
    writeFileSync(rest, `${third}\n`);
    expect((await cleat('audit', 'verify', audit, rest)).out).to.include(`broken at ${rest}:1: `);
  });

  it('A-126 splits at LF alone: CRLF, CR and what is no UTF-8 break the chain', async () => {
    using folder = tempFolder();
    const { audit } = await make(folder.path);
    const text = readFileSync(audit, 'utf8');
    expect((await cleat('audit', 'verify', audit)).code).to.equal(0);
    const changes = [
      text.replaceAll('\n', '\r\n'),
      text.replaceAll('\n', '\r'),
      text.replace(/\n$/, '\r\n'),
      Buffer.concat([Buffer.from(text.slice(0, -3)), Buffer.from([0xff]), Buffer.from(text.slice(-3))]),
    ];
    for (const [place, change] of changes.entries()) {
      writeFileSync(audit, change);
      expect((await cleat('audit', 'verify', audit)).code, `change ${place}`).to.equal(1);
    }
  });

  it('A-126 misses lines at the end where somebody remembers it: --expect, --journal', async () => {
    using folder = tempFolder();
    const { audit, end, journal } = await make(folder.path);
    const [first = '', second = ''] = readFileSync(audit, 'utf8').split('\n');
    const [, digest = ''] = end.split(':');
    const database = new DatabaseSync(journal);
    database.prepare('INSERT OR REPLACE INTO audit_head (one, seq, digest) VALUES (1, 2, ?)').run(digest);
    database.close();
    for (const words of [
      ['--expect', end],
      ['--journal', journal],
    ]) {
      expect((await cleat('audit', 'verify', audit, ...words)).code).to.equal(0);
    }
    writeFileSync(audit, `${first}\n${second}\n`);
    expect((await cleat('audit', 'verify', audit)).code).to.equal(0);
    for (const words of [
      ['--expect', end],
      ['--journal', journal],
    ])
      expect(await cleat('audit', 'verify', audit, ...words)).to.deep.include({
        code: 1,
        out: `broken at ${audit}:3: it is missing: line 2 of the chain was written\n`,
      });
  });

  it('prints the end of a sound chain, and takes no wrong words', async () => {
    using folder = tempFolder();
    const { audit, end } = await make(folder.path);
    expect((await cleat('audit', 'verify', audit)).out).to.equal(`3 lines: the chain holds; it ends with ${end}\n`);
    expect(JSON.parse((await cleat('audit', 'verify', '--json', audit)).out)).to.include({ lines: 3 });
    expect((await cleat('audit', 'verify')).code).to.equal(2);
    expect((await cleat('audit', 'verify', audit, '--expect', '2')).code).to.equal(2);
    expect((await cleat('audit', 'verify', '/nowhere')).err).to.include('CONFIG_FILE');
  });
});

describe('cleat ca verify, export, restore', () => {
  it('A-126 says what is wrong with a journal: exit code 1', async () => {
    using folder = tempFolder();
    const { journal } = await make(folder.path);
    expect((await cleat('ca', 'verify', journal)).out).to.match(
      / is sound: 1 authorities, 2 certificates, 1 lineages\n$/,
    );
    const database = new DatabaseSync(journal);
    database.exec("UPDATE certificate SET spiffe_id = 'spiffe://mesh.example/x' WHERE sequence = 1");
    database.close();
    const { code, out } = await cleat('ca', 'verify', journal);
    expect(code).to.equal(1);
    expect(out).to.match(/ is unsound: certificate [0-9a-f]+: spiffe_id is not that of the certificate itself\n$/);
    expect((await cleat('ca', 'verify', '/nowhere')).err).to.include('CONFIG_FILE');
    expect((await cleat('ca', 'verify', journal, journal)).code).to.equal(2);
  });

  it('exports one JSON object a line', async () => {
    using folder = tempFolder();
    const { journal } = await make(folder.path);
    const { code, out } = await cleat('ca', 'export', journal);
    const kinds = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly kind: string }).kind);
    expect(code).to.equal(0);
    expect(kinds.filter((kind) => kind === 'certificate')).to.have.length(2);
  });

  it('restores into the data folder of a configuration, and the audit stream there knows', async () => {
    using folder = tempFolder();
    const { journal } = await make(folder.path);
    const dataDir = join(folder.path, 'new');
    const config = join(folder.path, 'ca.yaml');
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(config, JSON.stringify({ trustDomain: 'mesh.example', dataDir }));
    const { code, out, err } = await cleat('ca', 'restore', journal, '--config', config);
    expect(code, err).to.equal(0);
    expect(out).to.include('1 lineages will not be continued');
    expect((await cleat('ca', 'verify', join(dataDir, 'journal.sqlite'))).code).to.equal(0);
    expect(readFileSync(join(dataDir, 'audit.jsonl'), 'utf8')).to.include('"kind":"journal-restored"');
    expect((await cleat('ca', 'restore', '--config', config)).code).to.equal(2);
    writeFileSync(config, 'trustDomain: X');
    expect((await cleat('ca', 'restore', journal, '--config', config)).code).to.equal(2);
  });
});
