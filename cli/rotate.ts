/** `cleat rotate ...`: the steps of a root rotation, asked from a running CA. */
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { askCa, CA_OPTIONS } from './ask-ca.ts';
import { EXIT, type Io } from './io.ts';
import { describeRotation } from './rotation-lines.ts';
import type { Invocation, Option, Verb } from './verb.ts';

const OPTIONS = {
  ...CA_OPTIONS,
  json: { doc: 'Print one JSON object.' },
} as const satisfies Readonly<Record<string, Option>>;

export const rotatePrepare: Verb = {
  name: 'rotate prepare',
  summary: 'make the next root and publish it to every sidecar',
  about: 'Nothing signs with it yet. Next: `cleat rotate activate`. The runbook: docs/rotation.md.',
  options: OPTIONS,
  example: 'cleat rotate prepare',
  run: (invocation, io) => step('prepare', invocation, io),
};

export const rotateActivate: Verb = {
  name: 'rotate activate',
  summary: 'sign with the prepared root, once every instance trusts it',
  about: [
    'It is refused until every instance with an unexpired certificate has acknowledged the bundle with that root;',
    'the refusal names them. --force overrides: whoever has not acknowledged trusts nobody who renews from then on.',
    'Next: let certificates renew, then `cleat rotate retire`.',
  ].join('\n'),
  options: { ...OPTIONS, force: { doc: 'Do not wait for acknowledgements. It is written to the audit.' } },
  example: 'cleat rotate activate',
  run: (invocation, io) => step('activate', invocation, io),
};

export const rotateRetire: Verb = {
  name: 'rotate retire',
  summary: 'take the last root out of every bundle and destroy its key',
  about: 'It is refused while a certificate that is still used chains to that root; the refusal names them.',
  options: OPTIONS,
  example: 'cleat rotate retire',
  run: (invocation, io) => step('retire', invocation, io),
};

export const rotateRollback: Verb = {
  name: 'rotate rollback',
  summary: 'give a prepared root up, or sign with the last one again',
  about: 'Then the schedule of the CA begins no rotation until the next `cleat rotate prepare`.',
  options: OPTIONS,
  example: 'cleat rotate rollback',
  run: (invocation, io) => step('rollback', invocation, io),
};

export const rotateStatus: Verb = {
  name: 'rotate status',
  summary: 'where the root rotation stands, and which instances hold it up',
  about: 'Each instance that has not acknowledged is named, with the bundle it runs on and the end of its certificate.',
  options: OPTIONS,
  example: 'cleat rotate status --json',
  run: (invocation, io) => step('status', invocation, io),
};

async function step(name: string, invocation: Invocation, io: Io): Promise<number> {
  const answer = await askCa(invocation, 'rotate', { step: name, force: invocation.has('force') });
  if (invocation.has('json')) io.out(`${toSafeJson(answer)}\n`);
  else for (const line of describeRotation(answer)) io.out(`${escapeText(line)}\n`);
  return EXIT.ok;
}
