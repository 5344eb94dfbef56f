/** `cleat client ...`: the OAuth clients of a running CA. */
import { readFile } from 'node:fs/promises';

import { Fault } from '../core/fault/fault.ts';
import { askCa, listAll } from './ask-ca.ts';
import { EXIT } from './io.ts';
import {
  COMMON_OPTIONS,
  FROM_OPTIONS,
  isObject,
  listOf,
  present,
  restOf,
  RIGHT_OPTIONS,
  rightsLine,
  rightsOf,
  SECRET_OPTIONS,
  show,
  showRows,
  textOf,
  timeOf,
  type Row,
} from './registration.ts';
import type { Verb } from './verb.ts';

const SHOWN = { name: 'client', secret: 'secret', line: clientLine } as const;

export const clientCreate: Verb = {
  name: 'client create',
  summary: 'register an OAuth client of the CA',
  about: [
    'The client proves itself at the token endpoint by the methods that are given here: secret (one is made and shown',
    'once), private_key_jwt (public keys by --jwks), api_key (keys by `cleat key create`), tls (its certificate alone).',
    'Whatever it shows, a certificate of a workload under --from is demanded too, and its tokens are bound to that',
    'certificate. With --dpop it may come without one; its tokens are bound to the key of its DPoP proof then.',
  ].join('\n'),
  rest: 'ID',
  options: {
    method: { value: 'NAME', doc: 'secret, private_key_jwt, api_key or tls.', multiple: true, required: true },
    ...FROM_OPTIONS,
    'from-any': { doc: 'Every workload of the trust domain. Think twice.' },
    ...RIGHT_OPTIONS,
    jwks: { value: 'FILE', doc: 'JWK Set with the public keys of its assertions.' },
    dpop: { doc: 'It may come without a certificate, with a DPoP proof instead.' },
    ...SECRET_OPTIONS,
  },
  example:
    'cleat client create billing --method secret --from /ns/shop/sa/billing --audience payments --scope payments.read',
  async run(invocation, io) {
    const id = restOf(invocation, 'ID');
    const { spiffe, ...rights } = rightsOf(invocation);
    const from = [...(Array.isArray(spiffe) ? (spiffe as unknown[]) : [])];
    if (invocation.has('from-any')) from.push({ any: true });
    const jwks = await readKeys(invocation.text('jwks'));
    const order = {
      id,
      methods: invocation.list('method'),
      spiffe: from,
      ...rights,
      dpopBound: invocation.has('dpop'),
    };
    return show(await askCa(invocation, 'client-create', present({ ...order, jwks })), SHOWN, { invocation, io });
  },
};

export const clientList: Verb = {
  name: 'client list',
  summary: 'list the OAuth clients of a CA',
  about: 'A line: id, methods, from where, audiences and scopes; and whether it is disabled.',
  options: COMMON_OPTIONS,
  example: 'cleat client list --json',
  async run(invocation, io) {
    return showRows(await listAll(invocation, 'clients'), { name: 'clients', line: clientLine }, { invocation, io });
  },
};

export const clientShow: Verb = {
  name: 'client show',
  summary: 'show one OAuth client of a CA, and how many secrets of it are good',
  rest: 'ID',
  options: COMMON_OPTIONS,
  example: 'cleat client show billing',
  async run(invocation, io) {
    const id = restOf(invocation, 'ID');
    const answer = await askCa(invocation, 'clients', { id });
    const [client] = isObject(answer) ? listOf(answer, 'clients').filter(isObject) : [];
    if (client === undefined) throw new Fault('LIFE_SOCKET', `the CA answered with no client ${id}`);
    if (invocation.has('json')) return showRows([client], { name: 'clients', line: clientLine }, { invocation, io });
    io.out(`${clientLine(client)}\ncreated ${timeOf(client, 'createdAt')}\n`);
    for (const secret of listOf(client, 'secrets').filter(isObject))
      io.out(`secret, ${secret['endsAt'] === undefined ? 'no end' : `until ${timeOf(secret, 'endsAt')}`}\n`);
    if (client['jwks'] !== undefined) io.out(`jwks ${textOf(client, 'jwks')}\n`);
    return EXIT.ok;
  },
};

export const clientRotate: Verb = {
  name: 'client rotate',
  summary: 'give an OAuth client another secret, or other public keys',
  about: [
    'The old secret stays good for --overlap, a day by default, and at most two are good at a time. Public keys (--jwks)',
    'count at once: put old and new ones in the file while the client changes over.',
  ].join('\n'),
  rest: 'ID',
  options: {
    overlap: { value: 'DURATION', doc: 'How long the old secret stays good, up to 30d; 0s: not at all. Default: 24h.' },
    jwks: { value: 'FILE', doc: 'Instead of a secret: JWK Set with the public keys of its assertions.' },
    ...SECRET_OPTIONS,
  },
  example: 'cleat client rotate billing --overlap 1h --out /run/billing/client-secret',
  async run(invocation, io) {
    const id = restOf(invocation, 'ID');
    const jwks = await readKeys(invocation.text('jwks'));
    const order = present({ id, overlap: invocation.text('overlap'), jwks });
    return show(await askCa(invocation, 'client-rotate', order), SHOWN, { invocation, io });
  },
};

export const clientDisable: Verb = {
  name: 'client disable',
  summary: 'end an OAuth client, its API keys and its live tokens',
  about: 'Sidecars refuse its tokens within two seconds. There is no way back, and the id is not used again.',
  rest: 'ID',
  options: COMMON_OPTIONS,
  example: 'cleat client disable billing',
  async run(invocation, io) {
    const id = restOf(invocation, 'ID');
    return show(await askCa(invocation, 'client-disable', { id }), SHOWN, { invocation, io });
  },
};

/** The text of the file: the CA judges it. */
async function readKeys(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new Fault('CONFIG_FILE', `${file} cannot be read: ${cause instanceof Error ? cause.message : 'unknown'}`, {
      cause,
    });
  }
}

function clientLine(row: Row): string {
  const disabled = row['disabledAt'] === undefined ? '' : `  DISABLED since ${timeOf(row, 'disabledAt')}`;
  const dpop = row['dpopBound'] === true ? '  dpop' : '';
  return `${textOf(row, 'id')}  ${listOf(row, 'methods').map(String).join(',')}  ${rightsLine(row)}${dpop}${disabled}`;
}
