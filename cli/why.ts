/** `cleat why`: the last refusals of a running sidecar with their full reason, from its control socket. */
import { demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import { UsageMistake, type Verb } from './verb.ts';

const MOST = 1000;
const LAST = 10;

/** Members in the order in which they help. */
const LINES = [
  ['detail', 'reason'],
  ['method', 'method'],
  ['path', 'path'],
  ['peer', 'peer'],
  ['serial', 'serial'],
  ['remote', 'remote'],
  ['token', 'token'],
  ['subject', 'subject'],
  ['actors', 'actors'],
  ['expectedThumbprint', 'token is bound to'],
  ['expectedKey', 'token is bound to the key'],
  ['presentedThumbprint', 'connection shows'],
  ['rule', 'admitted by rule'],
  ['upstream', 'upstream'],
  ['requestId', 'request'],
] as const;

export const why: Verb = {
  name: 'why',
  summary: 'tell why a running sidecar refused requests',
  about: [
    'Run it beside the sidecar, as its user. A refused client gets the id of its request in Cleat-Request-Id.',
    'Exit code 1: the sidecar does not know that request, or has forgotten it.',
  ].join('\n'),
  rest: '[REQUEST-ID]',
  options: {
    last: { value: 'N', doc: `How many of the last refusals, newest first: 1 to ${MOST}. Default: ${LAST}.` },
    control: { value: 'SOCKET', doc: 'Control socket of the sidecar. Default: /run/cleat/sidecar.sock.' },
    json: { doc: 'Print one JSON array.' },
  },
  example: 'cleat why --last 1',
  async run(invocation, io) {
    const [requestId, ...more] = invocation.rest;
    if (more.length > 0) throw new UsageMistake('one request id at a time');
    if (requestId !== undefined && !/^[0-9a-f]{32}$/.test(requestId))
      throw new UsageMistake('a request id is 32 hex digits, as Cleat-Request-Id has them');
    const body = requestId === undefined ? { last: countOf(invocation.text('last')) } : { requestId };
    const path = invocation.text('control') ?? '/run/cleat/sidecar.sock';
    const found = demand(await callControl({ path, verb: 'why', body })) as readonly Readonly<
      Record<string, unknown>
    >[];
    if (invocation.has('json')) io.out(`${toSafeJson(found)}\n`);
    else io.out(found.map(render).join('\n'));
    return requestId !== undefined && found.length === 0 ? EXIT.failed : EXIT.ok;
  },
};

function countOf(text: string | undefined): number {
  const count = Number(text ?? LAST);
  if (!Number.isInteger(count) || count < 1 || count > MOST)
    throw new UsageMistake(`--last takes a number from 1 to ${MOST}`);
  return count;
}

function render(entry: Readonly<Record<string, unknown>>): string {
  const head = [entry['time'], entry['code'], entry['status']]
    .filter((part) => part !== undefined)
    .map(plain)
    .join(' ');
  const isSaid = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);
  const lines = LINES.filter(([member]) => isSaid(entry[member]));
  return [head, ...lines.map(([member, name]) => `  ${name}: ${plain(entry[member])}`), ''].join('\n');
}

/** Callers chose parts of it: what a terminal would obey is escaped. */
function plain(value: unknown): string {
  return typeof value === 'string' ? escapeText(value) : toSafeJson(value);
}
