/**
 * The walk-through `docs/ways-in.md`, run as it is printed: every block of commands in order in one shell, with the folder, the
 * checkout and the ports of this run in place of those of the page. What a block prints is what the page says, where `...` stands
 * for anything.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { expect } from 'chai';

import { findPorts } from '../../cli/up/ports.ts';
import { ROOT } from '../kit/bundle.ts';
import { scenarioLogs } from '../kit/logs.ts';
import { skipUnless } from '../kit/skip.ts';

/** Those that the page names. */
const PORTS = ['8443', '8444', '8445', '8447', '9000', '9443', '15031', '15032'];
const FENCED = /^(?:##+ (?<title>.*)|```(?<kind>sh|text)\n(?<body>[^]*?)^```)$/gm;

interface Step {
  readonly title: string;
  readonly commands: string;
  printed: string | undefined;
}

describe('the walk-through of docs/ways-in.md', function () {
  this.timeout(60_000);
  let folder = '';
  let shell: ChildProcess | undefined;

  before(async function () {
    const isThere = ['bash', 'curl', 'openssl'].every((tool) => spawnSync(tool, ['--help']).error === undefined);
    skipUnless(this, isThere, 'bash, curl or openssl is missing');
    folder = await mkdtemp(join(tmpdir(), 'ways-'));
  });

  after(async () => {
    // What it started in the background is of its group.
    if (shell?.pid !== undefined) killGroup(shell.pid);
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  it('does and prints what it says, for each way and for each of today’s', async () => {
    const place = join(folder, 'mesh');
    const steps = stepsOf(await readPage(place));
    expect(steps).to.have.length.greaterThan(30);
    const logs = join(scenarioLogs(), 'docs-ways-in');
    const [last] = steps.slice(-1);
    const script = steps.map((step, at) => [
      `echo "#${at}"`,
      step === last ? `mkdir -p '${logs}' && cp run/*.log '${logs}'` : '',
      step.commands,
    ]);
    shell = spawn('bash', ['-c', ['set -e', ...script.flat()].join('\n')], {
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const { stdout, stderr } = shell;
    if (stdout === null || stderr === null) throw new Error('a shell without streams');
    const [[code], out, err] = await Promise.all([once(shell, 'close'), text(stdout), text(stderr)]);
    const printed = out
      .replaceAll('\r', '')
      .split(/^#\d+\n/m)
      .slice(1);
    expect(
      code,
      `step ${printed.length} of ${steps.length}: ${steps[printed.length - 1]?.title}\n${err}${out}`,
    ).to.equal(0);
    for (const [at, step] of steps.entries())
      if (step.printed !== undefined)
        expect(printed[at]?.trimEnd(), `${step.title}: ${step.commands}`).to.match(patternOf(step.printed));
    expect(err).to.equal('');
  });

  async function readPage(place: string): Promise<string> {
    const ports = await findPorts(PORTS.length);
    const page = await readFile(join(ROOT, 'docs/ways-in.md'), 'utf8');
    return page
      .replaceAll('/path/to/checkout', ROOT)
      .replaceAll('/tmp/mesh', place)
      .replaceAll(new RegExp(String.raw`\b(?:${PORTS.join('|')})\b`, 'g'), (port) =>
        String(ports[PORTS.indexOf(port)]),
      );
  }
});

function stepsOf(page: string): readonly Step[] {
  const steps: Step[] = [];
  let title = '';
  for (const { groups } of page.matchAll(FENCED)) {
    title = groups?.['title'] ?? title;
    const body = groups?.['body'] ?? '';
    const step = steps.at(-1);
    if (groups?.['kind'] === 'sh') steps.push({ title, commands: body, printed: undefined });
    else if (groups?.['kind'] === 'text' && step !== undefined) step.printed = body.trimEnd();
  }
  return steps;
}

function patternOf(printed: string): RegExp {
  const parts = printed.split('...').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^]*?')}$`);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended, and what it started did.
  }
}
