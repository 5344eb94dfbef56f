import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { parse } from 'yaml';

import { checkConfig, printConfig, runConfig } from '../../../cli/config.ts';
import type { Io } from '../../../cli/io.ts';
import { UsageMistake } from '../../../cli/verb.ts';
import { systemClock } from '../../../runtime/clock.ts';

describe('runConfig()', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cleat-config-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function run(words: readonly string[], environment: Record<string, string> = {}) {
    const said = { out: '', err: '' };
    const io: Io = {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      readInput: () => Promise.resolve(Buffer.alloc(0)),
      environment,
      isTerminal: false,
      clock: systemClock(),
    };
    const code = await runConfig(words, io);
    return { code, ...said };
  }
  const fileWith = async (text: string | Buffer): Promise<string> => {
    const file = join(folder, 'ca.yaml');
    await writeFile(file, text);
    return file;
  };
  const codeOf = (act: Promise<unknown>): Promise<unknown> => act.then(() => 'ok').catch((error: unknown) => error);

  it('A-563 ends with 2 and tells all mistakes, one a line', async () => {
    const file = await fileWith('trustDomain: A\nlog: {level: loud}\nmore: 1\n');
    const { code, out, err } = await run(['check', 'ca', file]);
    expect([code, out]).to.deep.equal([2, '']);
    expect(err.split('\n').map((line) => line.split(': ', 2).join(': '))).to.deep.equal([
      `${file}:1:14: trustDomain`,
      `${file}:2:14: log.level`,
      `${file}:3:1: more`,
      '',
    ]);
    expect((await run(['print', 'ca', file])).code).to.equal(2);
  });

  it('gives mistakes as one JSON object', async () => {
    const file = await fileWith('trustDomain: A');
    const { code, out, err } = await run(['check', 'ca', file, '--json']);
    expect([code, err]).to.deep.equal([2, '']);
    expect(JSON.parse(out)).to.have.nested.property('mistakes[0].line', 1);
  });

  it('refuses other words', async () => {
    for (const words of [
      [],
      ['check'],
      ['check', 'ca'],
      ['check', 'policy', 'f'],
      ['show', 'ca', 'f'],
      ['print', 'ca', 'f', 'g'],
      ['print', 'toString', 'f'],
    ])
      expect(await codeOf(run(words)), words.join(' ')).to.be.instanceOf(UsageMistake);
  });

  it('says in one line that a file is missing, no text, or too large: CONFIG_FILE', async () => {
    expect(String(await codeOf(run(['check', 'ca', join(folder, 'none')])))).to.match(
      /CONFIG_FILE: \S+ does not exist$/,
    );
    expect(String(await codeOf(run(['check', 'ca', await fileWith(Buffer.from([0xff, 0xfe]))])))).to.match(
      /CONFIG_FILE: \S+ is not UTF-8$/,
    );
    expect(await codeOf(run(['check', 'ca', folder]))).to.have.property('code', 'CONFIG_FILE');
    const big = await fileWith('');
    await truncate(big, 3 * 1024 * 1024);
    expect(await codeOf(run(['check', 'ca', big]))).to.have.property('code', 'CONFIG_FILE');
  });

  it('prints what takes effect, as YAML that means the same', async () => {
    const file = await fileWith('trustDomain: mesh.internal\n');
    const { code, out } = await run(['print', 'ca', file], { CLEAT_CERTIFICATES__TTL: '15m' });
    expect(code).to.equal(0);
    expect(parse(out)).to.have.nested.property('certificates.ttl', '15m');
    expect(parse(out)).to.have.nested.property('listen.mesh', '0.0.0.0:8444');
    const again = await run(['print', 'ca', await fileWith(out)]);
    expect(again.out).to.equal(out);
    expect(JSON.parse((await run(['print', 'ca', file, '--json'])).out)).to.deep.equal(parse(out));
    expect((await run(['check', 'ca', file])).out).to.equal(`${file}: no mistakes\n`);
  });

  it('is what both verbs of the command line run', async () => {
    const file = await fileWith('trustDomain: a');
    const said: string[] = [];
    const io = { out: (text: string) => void said.push(text), environment: {} } as unknown as Io;
    const invocation = { text: () => undefined, list: () => [], has: () => true, rest: ['ca', file] };
    expect([await checkConfig.run(invocation, io), await printConfig.run(invocation, io)]).to.deep.equal([0, 0]);
    expect(said[0]).to.equal('{"ok":true,"mistakes":[]}\n');
    expect(said[1]).to.match(/^\{"trustDomain":"a"/);
  });
});
