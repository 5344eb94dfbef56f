import { expect } from 'chai';

import { dispatch } from '../../../cli/dispatch.ts';
import type { Io } from '../../../cli/io.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { needed, UsageMistake, type Invocation, type Verb } from '../../../cli/verb.ts';
import { Fault } from '../../../core/fault/fault.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { captureIo } from '../../kit/captured-io.ts';

const verbNamed = (name: string, run: (invocation: Invocation, io: Io) => Promise<number>): Verb => ({
  name,
  summary: `the verb ${name}`,
  rest: '[FILE]',
  options: {
    out: { value: 'FILE', doc: 'Where to.' },
    dns: { value: 'NAME', doc: 'A name.', multiple: true },
    json: { doc: 'As JSON.' },
  },
  example: `cleat ${name} --out x`,
  run,
});

const echo = verbNamed('echo', (invocation, io) => {
  const { rest } = invocation;
  io.out(
    JSON.stringify({ out: invocation.text('out'), dns: invocation.list('dns'), json: invocation.has('json'), rest }),
  );
  return Promise.resolve(0);
});
const failing = (thrown: unknown): Verb => verbNamed('ca fail', () => Promise.reject(thrown));

async function run(args: readonly string[], verbs: readonly Verb[] = [echo]) {
  const io = captureIo();
  return { code: await dispatch(args, verbs, io), ...io.written };
}

describe('dispatch()', () => {
  it('refuses nothing to do, and says what there is', async () => {
    const { code, out } = await run([]);
    expect(code).to.equal(2);
    expect(out).to.include('the verb echo');
  });

  it('says its name and version, which are those of package.json', async () => {
    const { code, out } = await run(['--version']);
    expect([code, out]).to.deep.equal([0, `cleat ${manifest.version}\n`]);
  });

  it('refuses an unknown verb, control characters escaped', async () => {
    const { code, err } = await run(['stop\u001b[31m', 'x']);
    expect(code).to.equal(2);
    expect(err).to.equal('cleat: no verb `stop\\u001b[31m x`; `cleat --help` lists them\n');
  });

  it('refuses an unknown option, a switch with a value, a missing value and a doubled option', async () => {
    for (const args of [['--nope'], ['--json=yes'], ['--out'], ['--out', 'a', '--out', 'b']]) {
      const { code, err } = await run(['echo', ...args]);
      expect(code, args.join(' ')).to.equal(2);
      expect(err, args.join(' ')).to.match(/^cleat echo: .*; see `cleat echo --help`\n$/);
    }
  });

  it('refuses a positional where the verb takes none, and a missing option that is required', async () => {
    const bare: Verb = {
      name: 'bare',
      summary: 'takes no file',
      options: { control: { value: 'SOCKET', doc: 'Where.', required: true } },
      example: 'cleat bare --control x',
      run: () => Promise.resolve(0),
    };
    expect((await run(['bare', 'file'], [bare])).err).to.include('unexpected argument `file`');
    expect((await run(['bare'], [bare])).err).to.include('--control is missing');
  });

  it('A-632 refuses a secret in an argument without repeating it', async () => {
    const token = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.c2lnbmF0dXJl`;
    const secrets = [
      ['echo', token],
      ['echo', '--out', `Authorization: Bearer ${'a'.repeat(20)}`],
      ['echo', `--out=cleat-join.${'0'.repeat(64)}.${'a'.repeat(43)}`],
      ['echo', '-----BEGIN PRIVATE KEY-----'],
    ];
    for (const args of secrets) {
      const { code, out, err } = await run(args);
      expect(code).to.equal(2);
      expect(err).to.include('a secret on the command line');
      expect(out + err).not.to.include(args.at(-1));
    }
  });

  it('gives 2 for a configuration fault, 1 for any other, each in one line', async () => {
    const config = await run(['ca', 'fail'], [failing(new Fault('CONFIG_FILE', '/x is missing'))]);
    expect(config).to.deep.equal({ code: 2, out: '', err: 'cleat ca fail: CONFIG_FILE: /x is missing\n' });
    const other = await run(['ca', 'fail'], [failing(new Fault('LIFE_SOCKET', 'nobody answers'))]);
    expect(other).to.deep.equal({ code: 1, out: '', err: 'cleat ca fail: LIFE_SOCKET: nobody answers\n' });
    expect((await run(['ca', 'fail'], [failing(new UsageMistake('--x is odd'))])).code).to.equal(2);
  });

  it('shows the stack of a defect of ours: BUG_UNEXPECTED', async () => {
    const { code, err } = await run(['ca', 'fail'], [failing(new TypeError('broken'))]);
    expect(code).to.equal(1);
    expect(err).to.match(/^cleat ca fail: BUG_UNEXPECTED: broken\nTypeError: broken\n {4}at /);
  });

  it('gives the verb its arguments as declared', async () => {
    const { code, out } = await run(['echo', 'file', '--out', 'x', '--dns=a', '--dns', 'b', '--json']);
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.deep.equal({ out: 'x', dns: ['a', 'b'], json: true, rest: ['file'] });
  });

  it('prefers the verb with more words', async () => {
    const verbs = [verbNamed('ca', () => Promise.resolve(7)), verbNamed('ca run', () => Promise.resolve(8))];
    expect((await run(['ca', 'run'], verbs)).code).to.equal(8);
    expect((await run(['ca', 'walk'], verbs)).code).to.equal(7);
  });

  it('prints help of program and verb, with options and example, and runs nothing', async () => {
    const program = await run(['--help']);
    expect(program.code).to.equal(0);
    expect(program.out).to.include('the verb echo').and.to.include('Exit codes: 0');
    const page = await run(['echo', '--nope', '--help']);
    expect(page.code).to.equal(0);
    expect(page.out).to.include('Usage: cleat echo [FILE] [--out FILE] [--dns NAME] [--json]');
    expect(page.out).to.include('A name. May be given more than once.').and.to.include('cleat echo --out x');
  });
});

describe('needed()', () => {
  it('refuses an option that was not given', () => {
    expect(() => needed({ text: () => undefined }, 'dir')).to.throw(UsageMistake, '--dir is missing');
  });
});

describe('half of a verb', () => {
  it('names the verbs that it begins, with exit code 2', async () => {
    const io = captureIo();
    expect(await dispatch(['config', '--help'], VERBS, io)).to.equal(2);
    expect(io.written.err).to.include('cleat config check').and.include('cleat config print');
  });
});
