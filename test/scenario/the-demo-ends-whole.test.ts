/** Whatever ends the demo, and whenever: no process stays, and no file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { until } from '../../cli/up/until.ts';
import { DIST, startBundle } from '../kit/bundle.ts';
import { listProcesses, processesWith } from '../kit/process-table.ts';

describe('the end of the demo', function () {
  this.timeout(60_000);

  const runs = <T>(what: string, look: () => T | undefined): Promise<T> =>
    until(`${what} runs`, () => Promise.resolve(look()));
  /** The folder of the demo that this process runs: every process of it has the path in its command line. */
  const folderOf = (demo: number | undefined): Promise<string> =>
    runs('the keeper', () => {
      const keeper = processesWith('demo-keeper.cjs').find(({ parent }) => parent === demo);
      return keeper?.words.flatMap((word) => /\S*cleat-up-\w+/.exec(word) ?? []).at(-1);
    });
  const pidOf = (folder: string, name: string): Promise<number> =>
    runs(name, () => processesWith(folder).find(({ words }) => words.some((word) => word.includes(name)))?.pid);
  const nothingLeft = (folder: string): boolean => processesWith(folder).length === 0 && !existsSync(folder);
  const gone = (folder: string): Promise<true> =>
    until('nothing is left', () => Promise.resolve(nothingLeft(folder) ? true : undefined));

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`comes with ${signal} in the middle of the start`, async () => {
      const { child, ended } = startBundle('cleat.cjs', ['up']);
      const folder = await folderOf(child.pid);
      await pidOf(folder, 'ca.cjs');
      child.kill(signal);
      expect((await ended).code).to.equal(0);
      expect(nothingLeft(folder)).to.equal(true);
    });
  }

  it('comes without a chance to clean up: SIGKILL', async () => {
    const { child, ended } = startBundle('cleat.cjs', ['up']);
    const folder = await folderOf(child.pid);
    await pidOf(folder, 'payments');
    child.kill('SIGKILL');
    await ended;
    await gone(folder);
  });

  it('comes with the death of whoever started it', async () => {
    const script = 'require("node:child_process").spawn(process.execPath, process.argv.slice(1), {stdio: "inherit"})';
    const starter = spawn(process.execPath, ['-e', script, join(DIST, 'cleat.cjs'), 'up'], {
      env: {},
      stdio: 'ignore',
    });
    const demo = await runs('the demo', () => listProcesses().find(({ parent }) => parent === starter.pid));
    const folder = await folderOf(demo.pid);
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    await gone(folder);
  });

  it('comes with the death of one of its processes, and says which', async () => {
    const { child, ended } = startBundle('cleat.cjs', ['up', '--json']);
    const folder = await folderOf(child.pid);
    process.kill(await pidOf(folder, 'ca.cjs'), 'SIGKILL');
    const { code, out, err } = await ended;
    expect(code).to.equal(1);
    expect(JSON.parse(out)).to.deep.equal({ ok: false, steps: [] });
    expect(err).to.include('cleat up: ca ended by itself (SIGKILL)');
    expect(nothingLeft(folder)).to.equal(true);
  });
});
