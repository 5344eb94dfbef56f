/**
 * `cleat bind`: what a sidecar would do with a token on a certificate, and by which clause; and the same for a folder of
 * vectors. It runs the functions of the sidecar over files; it asks nobody and prints no token back.
 */
import { wholeSeconds } from '../core/time/units.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { configuredTrial } from './bind/configured-trial.ts';
import { configOf, headOf, keysOf, read, timeOf } from './bind/inputs.ts';
import { reportOf } from './bind/report.ts';
import { runVectors } from './bind/run-vectors.ts';
import { rule } from './bind/trial.ts';
import { EXIT, type Io } from './io.ts';
import { type Invocation, needed, type Verb } from './verb.ts';

export const bind: Verb = {
  name: 'bind',
  summary: 'say whether a sidecar would admit a token on a certificate, and by which clause',
  about: [
    'Judges one request as the sidecar of --config would, from files alone: the chain as the handshake does, then head, token,',
    'revocation, binding and policy. The token comes from --token, from the Authorization field of --request, or from standard',
    'input; it is never printed back. Keys that the sidecar would fetch are given by --keys. Nobody is revoked.',
    'Without --chain the client shows no certificate.',
    'With --vectors, runs each *.json of the folder instead (format: docs/binding-vectors.md): a line for each case that fails or is',
    'not supported, then "passed N, failed M".',
    'Exit code 0: admitted, or no case failed. 1: refused, or a case failed. 2: the command line or a file is wrong.',
  ].join('\n'),
  options: {
    config: { value: 'FILE', doc: 'sidecar.yaml: trust domain, issuers, audience, policy.' },
    chain: { value: 'FILE', doc: 'Certificate of the client, leaf first, PEM; a leaf alone may be DER.' },
    bundle: { value: 'FILE', doc: 'Roots, PEM; default: the bundle of the configuration.' },
    keys: { value: 'NAME=FILE', doc: 'JWK Set of an issuer, by its name in the configuration.', multiple: true },
    policy: { value: 'FILE', doc: 'Policy; default: that of the configuration.' },
    audience: { value: 'NAME', doc: 'The port that is called, where there are several.' },
    request: { value: 'FILE', doc: 'Request line and fields; default: GET /.' },
    token: { value: 'FILE', doc: 'The token, alone; - is standard input.' },
    from: { value: 'ADDRESS', doc: 'Address of the client; default 192.0.2.1.' },
    at: { value: 'TIME', doc: 'When, RFC 3339 or seconds since 1970; default: now.' },
    vectors: { value: 'DIR', doc: 'Run the vectors of this folder.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat bind --config sidecar.yaml --chain chain.pem --keys cleat=jwks.json --request head.txt < token.txt',
  run(invocation, io) {
    const folder = invocation.text('vectors');
    return folder === undefined ? judgeOne(invocation, io) : judgeVectors(folder, invocation.has('json'), io);
  },
};

async function judgeOne(invocation: Invocation, io: Io): Promise<number> {
  const config = await configOf(needed(invocation, 'config'), io);
  if (config === undefined) return EXIT.usage;
  const chain = invocation.text('chain');
  const trial = await configuredTrial({
    config,
    chain: chain === undefined ? undefined : await read(chain),
    bundle: invocation.text('bundle'),
    keys: keysOf(invocation),
    policy: invocation.text('policy'),
    audience: invocation.text('audience'),
    from: invocation.text('from') ?? '192.0.2.1',
    head: await headOf(invocation, io),
    now: timeOf(invocation.text('at')) ?? wholeSeconds(io.clock.now()),
  });
  const ruling = await rule(trial);
  const report = reportOf(ruling);
  if (invocation.has('json')) io.out(`${toSafeJson(report)}\n`);
  else
    io.out(
      Object.entries(report)
        .map(([name, value]) => `${name}: ${plain(value)}\n`)
        .join(''),
    );
  return ruling.verdict === 'accept' ? EXIT.ok : EXIT.failed;
}

const plain = (value: unknown): string =>
  typeof value === 'string'
    ? escapeText(value)
    : Array.isArray(value)
      ? value.map(plain).join(', ')
      : toSafeJson(value);

async function judgeVectors(folder: string, asJson: boolean, io: Io): Promise<number> {
  const results = await runVectors(folder);
  const count = (result: string): number => results.filter((one) => one.result === result).length;
  const [passed, failed] = [count('passed'), count('failed')];
  const told = results.filter(({ result }) => result !== 'passed');
  if (asJson) {
    const cases = told.map(({ file, id, result, reason }) => ({ file, id, result, reason }));
    io.out(`${toSafeJson({ passed, failed, unsupported: count('unsupported'), cases })}\n`);
  } else {
    for (const { file, id, result, reason } of told)
      io.out(`${result}: ${escapeText(`${file} ${id}: ${reason ?? ''}`)}\n`);
    io.out(`passed ${passed}, failed ${failed}\n`);
  }
  return failed === 0 ? EXIT.ok : EXIT.failed;
}
