import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { parsePolicy } from '../../../../sidecar/policy/read.ts';
import { createPolicySource } from '../../../../sidecar/policy/source.ts';
import { collectLog } from '../../../kit/log-lines.ts';

const known = { issuers: ['cleat'], audiences: ['payments'] };
const policyText = (id: string): string => `rules: [{id: ${id}, peers: [{any: true}]}]\n`;

describe('createPolicySource()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cleat-policy-'));
  const file = join(folder, 'policy.yaml');
  after(() => rmSync(folder, { recursive: true }));

  async function start(text: string, onDisk = text) {
    writeFileSync(file, onDisk);
    const collected = collectLog();
    const { log } = collected;
    const line: typeof collected.line = (accept) => collected.line(accept);
    const adopted = Promise.withResolvers<void>();
    const counts = { adopted: 0 };
    const metrics = createMetrics();
    const source = createPolicySource({
      file,
      first: demand(parsePolicy(file, text, known)),
      known,
      onAdopted() {
        counts.adopted += 1;
        if (counts.adopted === 2) adopted.resolve();
      },
      log,
      metrics,
      poll: milliseconds(200),
    });
    await source.start(new AbortController().signal);
    return { source, metrics, counts, secondAdoption: adopted.promise, line };
  }

  it('A-455 keeps the last good policy when the file turns bad, and says all mistakes', async () => {
    const { source, metrics, counts, line } = await start(policyText('first'));
    await using _source = source;
    writeFileSync(file, 'rules: [{id: second}]\nrulez: 1\n');
    const { level, fields } = await line(({ message }) => message === 'policy refused, last good kept');
    expect(level).to.equal('warn');
    expect(fields['code']).to.equal('CONFIG_INVALID');
    expect(fields['mistakes']).to.have.length(2);
    expect(source.current().rules.map(({ id }) => id)).to.deep.equal(['first']);
    expect(counts.adopted).to.equal(1);
    expect(metrics.render()).to.include('cleat_policy_reloads_total{result="refused"} 1');
  });

  it('A-455 keeps it when the file is emptied or deleted', async () => {
    const { source, line } = await start(policyText('first'));
    await using _source = source;
    writeFileSync(file, '');
    await line(({ message }) => message === 'policy refused, last good kept');
    rmSync(file);
    await line(({ fields }) => fields['code'] === 'CONFIG_FILE');
    expect(source.current().rules.map(({ id }) => id)).to.deep.equal(['first']);
  });

  it('A-457 adopts a good change whole, and tells that what was decided is to be forgotten', async () => {
    const { source, secondAdoption } = await start(policyText('first'));
    await using _source = source;
    writeFileSync(file, policyText('second'));
    await secondAdoption;
    expect(source.current().rules.map(({ id }) => id)).to.deep.equal(['second']);
  });

  it('adopts at its start what changed since the process read it', async () => {
    const { source } = await start(policyText('first'), policyText('newer'));
    await using _source = source;
    expect(source.current().rules.map(({ id }) => id)).to.deep.equal(['newer']);
  });
});
