import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { caConfigTable } from '../../../../ca/config.ts';
import { configsOf } from '../../../../cli/up/configs.ts';
import { layOut, namePorts, PORTS_NEEDED } from '../../../../cli/up/layout.ts';
import { readConfig } from '../../../../runtime/config/read.ts';
import { sidecarConfigTable } from '../../../../sidecar/config.ts';
import { readPolicy } from '../../../../sidecar/policy/read.ts';
import { knownNames } from '../../../../sidecar/services.ts';

describe('the configuration of the demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cleat-configs-'));
  after(() => rmSync(folder, { recursive: true }));
  const ports = namePorts(Array.from({ length: PORTS_NEEDED }, (_, at) => 20_000 + at));
  const configs = configsOf(layOut(folder, join(folder, 'logs'), ports));
  const written = (name: string, value: unknown): string => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify(value));
    return file;
  };

  it('passes the parser of the CA', async () => {
    const file = written('ca.yaml', configs.ca);
    expect(await readConfig({ file, table: caConfigTable, environment: {} })).to.have.property('ok', true);
  });

  it('passes the parsers of the sidecar and of the policy', async () => {
    for (const config of [configs.payments, configs.agent]) {
      const file = written('sidecar.yaml', config);
      const loaded = await readConfig({ file, table: sidecarConfigTable, environment: {} });
      if (!loaded.ok) expect.fail(JSON.stringify(loaded.mistakes));
      if (loaded.value.inbound.length === 0) continue;
      const policy = await readPolicy(written('policy.yaml', configs.policy), knownNames(loaded.value));
      expect(policy).to.have.property('ok', true);
    }
  });
});
