/** `cleat inspect`: says what a certificate, a certificate request or a token is, and whether a verifier would take it. */
import { readFile } from 'node:fs/promises';

import { Fault } from '../core/fault/fault.ts';
import { wholeSeconds } from '../core/time/units.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { inspectChain } from './inspect-chain.ts';
import { type Finding, inspectInput } from './inspect-facts.ts';
import { EXIT } from './io.ts';
import { UsageMistake, type Verb } from './verb.ts';

const INPUT_MOST = 1024 * 1024;

export const inspect: Verb = {
  name: 'inspect',
  summary: 'say what a certificate, a certificate request or a token is',
  about: [
    'Reads PEM (several blocks are fine), DER, or a token alone or as an Authorization line, from a file or from',
    'standard input. A token is never printed back, and its signature is not checked. With --bundle, one more finding says',
    'whether the certificates of the input lead from the leaf, or from the first CA where there is none, to a root of the',
    'bundle, and if not, at which rule they fail.',
    'Exit code 1: something in it would be refused; the verdict has the code.',
  ].join('\n'),
  rest: '[FILE]',
  options: {
    bundle: { value: 'FILE', doc: 'Roots, PEM or DER, that the chain must lead to.' },
    json: { doc: 'Print one JSON array.' },
  },
  example: 'cleat inspect --bundle roots.pem chain.pem',
  async run(invocation, io) {
    const [file, ...more] = invocation.rest;
    if (more.length > 0) throw new UsageMistake('one file at a time');
    const input = file === undefined || file === '-' ? await io.readInput() : await read(file);
    const now = wholeSeconds(io.clock.now());
    const bundle = invocation.text('bundle');
    const chain = bundle === undefined ? [] : [inspectChain(input, await read(bundle), now)];
    const findings = [...inspectInput(input, now), ...chain];
    if (invocation.has('json')) io.out(`${toSafeJson(findings)}\n`);
    else io.out(findings.map(render).join('\n'));
    return findings.every(({ verdict }) => verdict.ok) ? EXIT.ok : EXIT.failed;
  },
};

async function read(file: string): Promise<Buffer> {
  const content = await readFile(file).catch((cause: unknown) => {
    throw new Fault('CONFIG_FILE', `${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`, { cause });
  });
  if (content.length > INPUT_MOST) throw new Fault('CONFIG_FILE', `${file} is larger than ${INPUT_MOST} bytes`);
  return content;
}

/** Strangers chose parts of it: what a terminal would obey is escaped. */
function render({ kind, facts, verdict }: Finding): string {
  const lines = Object.entries(facts).map(([name, value]) => `  ${name}: ${plain(value)}`);
  return [kind, ...lines, `  verdict: ${escapeText(verdict.text)}`, ''].join('\n');
}

function plain(value: unknown): string {
  return typeof value === 'string' ? escapeText(value) : toSafeJson(value);
}
