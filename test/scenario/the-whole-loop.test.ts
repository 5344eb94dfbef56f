/** `cleat up --once --json`, as the README has it, and what it looks like when egress does not switch at once. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import { expect } from 'chai';

import type { StepResult } from '../../cli/up/step.ts';
import { ROOT, runBundle, startBundle } from '../kit/bundle.ts';
import { scenarioLogs } from '../kit/logs.ts';
import { processesWith } from '../kit/process-table.ts';

const STEPS = [
  'bound-token-admitted',
  'no-client-certificate-refused',
  'foreign-ca-refused',
  'stolen-token-refused',
  'unbound-token-refused',
  'tampered-token-refused',
  'expired-token-refused',
  'wrong-audience-refused',
  'missing-scope-refused',
  'forged-identity-header-stripped',
  'rotation-under-load',
  'audit-joins',
];

interface Story {
  readonly ok: boolean;
  readonly steps: readonly StepResult[];
}

/** Folders of our own runs (their kept logs have the same names) that are still there. */
const leftovers = (): readonly string[] =>
  readdirSync(scenarioLogs()).filter((name) => existsSync(join(tmpdir(), name)));

describe('the whole loop', function () {
  this.timeout(110_000);

  it('plays every step as expected, prints one object alone, and leaves nothing', async () => {
    const { code, out, err } = await runBundle('cleat.cjs', ['up', '--once', '--json', '--logs', scenarioLogs()]);
    const story = JSON.parse(out) as Story;
    expect(
      story.steps.filter(({ ok }) => !ok),
      err,
    ).to.deep.equal([]);
    expect(story.steps.map(({ id }) => id)).to.deep.equal(STEPS);
    expect(story.ok).to.equal(true);
    expect(code).to.equal(0);
    const { detail } = story.steps.find(({ id }) => id === 'rotation-under-load') ?? {};
    expect(detail).to.have.nested.property('requests.answered').above(1_999);
    expect(detail).to.have.nested.property('rotations').deep.equal({ payments: 5, agent: 5 });
    for (const end of ['agentSeenByPayments', 'paymentsSeenByAgent'])
      expect(detail, end).to.have.nested.property(`generations.${end}`).with.lengthOf.above(5);
    expect(readdirSync(scenarioLogs()).some((name) => name.startsWith('cleat-up-'))).to.equal(true);
    expect(leftovers()).to.deep.equal([]);
  });

  it('fails the rotation, and nothing else, when connections and tokens of egress switch apart', async () => {
    const dist = mkdtempSync(join(tmpdir(), 'cleat-test-build-'));
    try {
      const replace = 'sidecar/egress/switch.ts=test/kit/switch-in-parts.ts';
      const args = ['scripts/build.ts', '--quiet', '--out', dist, '--replace', replace];
      expect(spawnSync(process.execPath, args, { cwd: ROOT }).status).to.equal(0);
      const logs = ['--logs', scenarioLogs()];
      const { code, out } = await runBundle('cleat.cjs', ['up', '--once', '--json', ...logs], dist);
      const story = JSON.parse(out) as Story;
      expect(story.steps.filter(({ ok }) => !ok).map(({ id }) => id)).to.include('rotation-under-load');
      expect(story.steps.slice(0, 10).every(({ ok }) => ok)).to.equal(true);
      expect(story.ok).to.equal(false);
      expect(code).to.equal(1);
    } finally {
      rmSync(dist, { recursive: true, force: true });
    }
  });

  it('ends on an interrupt without a process or a file left', async () => {
    const { child, ended } = startBundle('cleat.cjs', ['up']);
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes('Ctrl-C ends it all')) child.kill('SIGINT');
    });
    const { code } = await ended;
    expect(code).to.equal(0);
    const folder = /(\/\S*cleat-up-[^/\s]+)/.exec(printed)?.[1] ?? '';
    expect(folder).to.match(/cleat-up-/);
    expect(existsSync(folder)).to.equal(false);
    expect(processesWith(folder)).to.deep.equal([]);
  });
});
