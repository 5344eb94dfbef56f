import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { createCaAudit } from '../../../ca/audit.ts';
import { caConfigTable } from '../../../ca/config.ts';
import { admit } from '../../../core/fault/refusal.ts';
import { loadConfig } from '../../../runtime/config/load.ts';
import { collectLog } from '../../kit/log-lines.ts';
import { tempFolder, testClock } from './small-ca.ts';

function configOf(dataDir: string, audit: object | undefined) {
  const text = JSON.stringify({ trustDomain: 'mesh.example', dataDir, ...(audit === undefined ? {} : { audit }) });
  return loadConfig({ file: 'ca.yaml', text, table: caConfigTable, environment: {} });
}

async function start(dataDir: string, audit?: object) {
  const loaded = configOf(dataDir, audit);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const written: string[] = [];
  const health: boolean[] = [];
  await using stream = createCaAudit({
    config: loaded.value,
    journal: { findAuditHead: async () => admit(undefined) },
    clock: testClock(),
    log: collectLog().log,
    write: (line) => written.push(line),
    onHealth: (sound) => health.push(sound),
  });
  await stream.start(new AbortController().signal);
  return { written, health, head: stream.head() };
}

describe('createCaAudit()', () => {
  it('refuses a place that is neither dataDir nor stdout nor an absolute path', () => {
    for (const file of ['audit.jsonl', './x', '']) expect(configOf('/data', { file }).ok, file).to.equal(false);
    expect(configOf('/data', { onFailure: 'ignore' }).ok).to.equal(false);
  });

  it('writes into the data folder by default, into a named file, or to standard output', async () => {
    using folder = tempFolder();
    expect((await start(folder.path)).written).to.deep.equal([]);
    expect(existsSync(join(folder.path, 'audit.jsonl'))).to.equal(true);
    const file = join(folder.path, 'other.jsonl');
    await start(folder.path, { file });
    expect(existsSync(file)).to.equal(true);
    const { written, health, head } = await start(folder.path, { file: 'stdout' });
    expect(written).to.have.length(1);
    expect(health).to.deep.equal([true]);
    expect(head?.seq).to.equal(0);
  });
});
