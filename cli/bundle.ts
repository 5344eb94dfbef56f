/** `cleat bundle`: the roots of a mesh as PEM, for who has none yet. They are public; where they come from is what counts. */
import { writeFile } from 'node:fs/promises';

import { demand, Fault } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import type { Verb } from './verb.ts';

export const bundle: Verb = {
  name: 'bundle',
  summary: 'print the roots that the mesh trusts now, as PEM',
  about: [
    'Run it beside the CA, as its user. It is the file for `credentials.ca.bundle` and for --bundle; during a root rotation',
    'it has both roots. Elsewhere the same text is at /bundle.pem of the HTTPS listener, for who trusts the CA already.',
  ].join('\n'),
  options: {
    control: { value: 'SOCKET', doc: 'Control socket of the CA. Default: /run/cleat/ca.sock.' },
    out: { value: 'FILE', doc: 'Write it there instead of printing it.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat bundle --control /run/cleat/ca.sock --out mesh-roots.pem',
  async run(invocation, io) {
    const path = invocation.text('control') ?? '/run/cleat/ca.sock';
    const { generation, pem } = read(demand(await callControl({ path, verb: 'bundle' })));
    const file = invocation.text('out');
    if (file !== undefined) await write(file, pem);
    if (invocation.has('json'))
      io.out(`${toSafeJson(file === undefined ? { generation, pem } : { generation, file })}\n`);
    else io.out(file === undefined ? pem : `${file}: bundle ${generation}\n`);
    return EXIT.ok;
  },
};

function read(answer: unknown): { readonly generation: number; readonly pem: string } {
  const found: Readonly<Record<string, unknown>> = typeof answer === 'object' && answer !== null ? { ...answer } : {};
  const { generation, pem } = found;
  if (typeof generation === 'number' && typeof pem === 'string') return { generation, pem };
  throw new Fault('LIFE_SOCKET', 'the CA answered with no bundle');
}

async function write(file: string, pem: string): Promise<void> {
  try {
    await writeFile(file, pem);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('CONFIG_FILE', `${file} cannot be written: ${why}`, { cause });
  }
}
