/** `cleat mandate ...`: rights that exist only while a task does. */
import { askCa, listAll } from './ask-ca.ts';
import {
  COMMON_OPTIONS,
  isObject,
  patternText,
  present,
  restOf,
  rightsLine,
  show,
  showRows,
  textOf,
  timeOf,
  type Row,
} from './registration.ts';
import { needed, UsageMistake, type Invocation, type Verb } from './verb.ts';

const SHOWN = { name: 'mandate', line: mandateLine } as const;

export const mandateCreate: Verb = {
  name: 'mandate create',
  summary: 'give a workload or a client a right for as long as a task takes',
  about: [
    'It is asked where no rule of tokens.rules grants a token. A token of it says so in its claim origin and never outlives',
    'it; a client stays within what it is registered for.',
  ].join('\n'),
  options: {
    for: { value: 'DURATION', doc: 'How long it holds, 10s to 24h.', required: true },
    to: { value: 'PATH', doc: 'The workload: the path of its SPIFFE ID.' },
    'to-under': { value: 'PATH', doc: 'Instead: every workload at and below this path.' },
    'to-client': { value: 'ID', doc: 'Instead: a registered client.' },
    audience: { value: 'NAME', doc: 'The one audience.', required: true },
    scope: { value: 'NAME', doc: 'A scope that it grants.', multiple: true },
    purpose: { value: 'TEXT', doc: 'What it is for: kept with it and in the audit stream.', required: true },
    ...COMMON_OPTIONS,
  },
  example:
    'cleat mandate create --for 30m --to /ns/shop/sa/agent --audience payments --scope refunds.write --purpose "ticket 4711"',
  async run(invocation, io) {
    const order = {
      ...holderOf(invocation),
      for: needed(invocation, 'for'),
      audience: needed(invocation, 'audience'),
      scopes: invocation.list('scope'),
      purpose: needed(invocation, 'purpose'),
    };
    return show(await askCa(invocation, 'mandate-create', present(order)), SHOWN, { invocation, io });
  },
};

export const mandateList: Verb = {
  name: 'mandate list',
  summary: 'list the mandates of a CA that hold',
  options: COMMON_OPTIONS,
  example: 'cleat mandate list',
  async run(invocation, io) {
    return showRows(await listAll(invocation, 'mandates'), { name: 'mandates', line: mandateLine }, { invocation, io });
  },
};

export const mandateEnd: Verb = {
  name: 'mandate end',
  summary: 'end a mandate and its live tokens',
  about: 'Sidecars refuse its tokens within two seconds.',
  rest: 'ID',
  options: COMMON_OPTIONS,
  example: 'cleat mandate end 5f0c1d2e3a4b5c6d',
  async run(invocation, io) {
    const id = restOf(invocation, 'ID');
    return show(await askCa(invocation, 'mandate-end', { id }), SHOWN, { invocation, io });
  },
};

function holderOf(invocation: Invocation): Row {
  const [exact, under, client] = ['to', 'to-under', 'to-client'].map((name) => invocation.text(name));
  if ([exact, under, client].filter((given) => given !== undefined).length !== 1)
    throw new UsageMistake('give exactly one of --to, --to-under, --to-client');
  if (client !== undefined) return { client };
  return { spiffe: exact === undefined ? { under } : { exact } };
}

function mandateLine(row: Row): string {
  const holder = isObject(row['for']) ? row['for'] : {};
  const who =
    typeof holder['client'] === 'string' ? `client ${textOf(holder, 'client')}` : patternText(holder['spiffe']);
  const rights = rightsLine({ audiences: [row['audience']], scopes: row['scopes'] });
  return `${textOf(row, 'id')}  ${who}  ${rights}  until ${timeOf(row, 'endsAt')}  ${textOf(row, 'purpose')}`;
}
