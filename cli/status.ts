/** `cleat status`: what a running CA or sidecar says of itself, by its control socket. */
import { demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import { needed, type Verb } from './verb.ts';

export const status: Verb = {
  name: 'status',
  summary: 'show what a running CA or sidecar runs on',
  about: [
    'Run it beside the process, as its user. A sidecar tells its certificate, the next renewal and why the last one failed,',
    'the trust bundle, revocations, and what readiness waits for; a CA its issuer, and who runs on which bundle.',
    'Instants are Unix time in seconds.',
  ].join('\n'),
  options: {
    control: { value: 'SOCKET', doc: 'Control socket of the CA or of the sidecar.', required: true },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat status --control /run/cleat/sidecar.sock',
  async run(invocation, io) {
    const answer = demand(await callControl({ path: needed(invocation, 'control'), verb: 'status' }));
    if (invocation.has('json')) io.out(`${toSafeJson(answer)}\n`);
    else for (const line of linesOf(answer, '')) io.out(`${escapeText(line)}\n`);
    return EXIT.ok;
  },
};

/** One line for each value, named by its path. */
function linesOf(value: unknown, name: string): readonly string[] {
  if (Array.isArray(value)) return [`${name}: ${value.length === 0 ? '-' : value.map(String).join(', ')}`];
  if (value === null) return [`${name}: -`];
  if (typeof value !== 'object') return [`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  const members = Object.entries(value);
  if (members.length === 0) return [`${name}: -`];
  return members.flatMap(([member, inner]) => linesOf(inner, name === '' ? member : `${name}.${member}`));
}
