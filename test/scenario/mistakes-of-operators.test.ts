/** What a process says, and how it exits, when its files, ports or environment are wrong. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { stringify } from 'yaml';

import { runBundle, startBundle, type Ended } from '../kit/bundle.ts';

describe('an operator who makes a mistake', function () {
  this.timeout(30_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cleat-mistake-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const caConfig = (changes: Readonly<Record<string, unknown>> = {}): unknown => ({
    trustDomain: 'mesh.test',
    dataDir: join(folder, 'data'),
    listen: {
      bootstrap: '127.0.0.1:0',
      mesh: '127.0.0.1:0',
      https: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      control: join(folder, 'run', 'ca.sock'),
    },
    ...changes,
  });
  const write = (name: string, content: unknown): string => {
    const file = join(folder, name);
    writeFileSync(file, typeof content === 'string' ? content : stringify(content));
    return file;
  };
  const runCa = (config: unknown): Promise<Ended> => runBundle('ca.cjs', ['--config', write('ca.yaml', config)]);

  it('CONFIG_INVALID: gets every mistake at once, with file, line, key, what was found and what is allowed', async () => {
    const file = write('ca.yaml', 'trustDomain: Mesh.Test\nnoSuchKey: 1\ncertificates: {ttl: 1 hour}\n');
    const { code, err } = await runBundle('ca.cjs', ['--config', file]);
    expect(code).to.equal(2);
    for (const part of [`${file}:1:`, `${file}:2:`, `${file}:3:`, 'trustDomain', 'noSuchKey', 'certificates.ttl'])
      expect(err).to.include(part);
  });

  it('CONFIG_FILE: hears in one line that the file is missing', async () => {
    const { code, err } = await runBundle('sidecar.cjs', ['--config', join(folder, 'none.yaml')]);
    expect(code).to.equal(2);
    expect(err.trim().split('\n')).to.have.length(1);
    expect(err).to.include('none.yaml');
  });

  it('LIFE_PORT: hears in one line which port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, out, err } = await runCa(caConfig({ listen: { ...listenOf(), https: `127.0.0.1:${port}` } }));
    taken.close();
    expect(code).to.equal(1);
    expect(`${out}${err}`.split('\n').filter((line) => line.includes('LIFE_PORT'))).to.have.length(1);
    expect(`${out}${err}`).to.include(String(port));
  });
  const listenOf = () => (caConfig() as { readonly listen: Readonly<Record<string, string>> }).listen;

  it('SIGNER_KEY: A-134 is not served with a key that others can read, and no second root is made', async () => {
    const first = startBundle('ca.cjs', ['--config', write('ca.yaml', caConfig())]);
    await untilSaid(first.child.stdout, 'the CA serves');
    first.child.kill('SIGTERM');
    expect((await first.ended).code).to.equal(0);
    const key = readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('root.key'),
    );
    chmodSync(join(folder, 'data', key ?? ''), 0o644);
    const { code, out, err } = await runCa(caConfig());
    expect(code).to.not.equal(0);
    expect(`${out}${err}`).to.include('SIGNER_KEY').and.include('0600');
  });

  it('CONFIG_PERMISSION: A-612 is not given a control socket in a folder that others can enter', async () => {
    mkdirSync(join(folder, 'run'), { mode: 0o755 });
    chmodSync(join(folder, 'run'), 0o755);
    const { code, out, err } = await runCa(caConfig());
    expect(code).to.not.equal(0);
    expect(`${out}${err}`).to.include('CONFIG_PERMISSION');
  });

  it('JOURNAL_LOCKED: A-128 cannot run a second CA on the same data', async () => {
    const first = startBundle('ca.cjs', ['--config', write('ca.yaml', caConfig())]);
    await untilSaid(first.child.stdout, 'the CA serves');
    const second = caConfig({ listen: { ...listenOf(), control: join(folder, 'run2', 'ca.sock') } });
    const { code, out, err } = await runBundle('ca.cjs', ['--config', write('second.yaml', second)]);
    first.child.kill('SIGTERM');
    await first.ended;
    expect(code).to.not.equal(0);
    expect(`${out}${err}`).to.include('JOURNAL_LOCKED');
  });

  it('A-537 ends a process at once with a second signal', async () => {
    const { child, ended } = startBundle('ca.cjs', ['--config', write('ca.yaml', caConfig())]);
    await untilSaid(child.stdout, 'the CA serves');
    child.kill('SIGTERM');
    await untilSaid(child.stdout, '"draining"');
    child.kill('SIGTERM');
    const { code, out } = await ended;
    expect(code).to.equal(1);
    expect(out).to.include('second signal, exit');
  });

  it('A-632 cannot put a secret on the command line', async () => {
    const secret = ['cleat-join', 'a'.repeat(64), 'b'.repeat(43)].join('.');
    const { code, err } = await runBundle('cleat.cjs', ['token', '--dir', secret]);
    expect(code).to.equal(2);
    expect(err).to.include('stdin').and.not.include(secret);
  });
});

async function untilSaid(stream: NodeJS.ReadableStream | null, words: string): Promise<void> {
  let text = '';
  if (stream === null) throw new Error('no output');
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(words)) resolve();
    });
    stream.on('end', () => reject(new Error(`it ended: ${text}`)));
  });
}
