/** `cleat key ...`: the API keys of a running CA. The text of a key is never an argument: it is read from standard input. */
import { Secret } from '../core/identity/secret.ts';
import { askCa, listAll } from './ask-ca.ts';
import {
  COMMON_OPTIONS,
  countOf,
  FROM_OPTIONS,
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
  listOf,
  type Row,
} from './registration.ts';
import { needed, UsageMistake, type Verb } from './verb.ts';

const SHOWN = { name: 'apiKey', secret: 'key', line: keyLine } as const;

export const keyCreate: Verb = {
  name: 'key create',
  summary: 'make an API key for an OAuth client of the CA',
  about: [
    'It is exchanged for a bound token at the token endpoint of the CA, and good for nothing else: no sidecar takes it, and',
    'it administers nothing. Audiences, scopes and workloads are those of the client unless fewer are given.',
  ].join('\n'),
  options: {
    client: { value: 'ID', doc: 'The client; it has the method api_key.', required: true },
    owner: { value: 'TEXT', doc: 'Who answers for it: a team, an address.', required: true },
    ttl: { value: 'DURATION', doc: 'How long it is good, up to 90d. Default: 30d.' },
    ...FROM_OPTIONS,
    ...RIGHT_OPTIONS,
    network: { value: 'CIDR', doc: 'A network that it may be used from. Default: any.', multiple: true },
    'per-minute': { value: 'COUNT', doc: 'Uses a minute, with a burst as large. Default: 60.' },
    'per-day': { value: 'COUNT', doc: 'Uses in a day of UTC. Default: 10000.' },
    ...SECRET_OPTIONS,
  },
  example: 'cleat key create --client billing --owner team-billing@shop.example --out /run/billing/api-key',
  async run(invocation, io) {
    const order = {
      client: needed(invocation, 'client'),
      owner: needed(invocation, 'owner'),
      ttl: invocation.text('ttl'),
      ...rightsOf(invocation),
      networks: invocation.list('network'),
      perMinute: countOf(invocation, 'per-minute'),
      perDay: countOf(invocation, 'per-day'),
    };
    return show(await askCa(invocation, 'key-create', present(order)), SHOWN, { invocation, io });
  },
};

export const keyList: Verb = {
  name: 'key list',
  summary: 'list the API keys of a CA, with owner, end and last use',
  about:
    'A line: id, client, owner, end, last use, from where, audiences and scopes. The texts are not known to the CA.',
  options: { client: { value: 'ID', doc: 'Only those of this client.' }, ...COMMON_OPTIONS },
  example: 'cleat key list --client billing',
  async run(invocation, io) {
    const rows = await listAll(invocation, 'keys', present({ client: invocation.text('client') }));
    return showRows(rows, { name: 'apiKeys', line: keyLine }, { invocation, io });
  },
};

export const keyRotate: Verb = {
  name: 'key rotate',
  summary: 'make another API key on the terms of one, which ends soon after',
  rest: 'ID',
  options: {
    overlap: { value: 'DURATION', doc: 'How long the old key stays good, up to 30d; 0s: not at all. Default: 24h.' },
    ttl: { value: 'DURATION', doc: 'How long the new key is good. Default: as long as the old one was to be.' },
    ...SECRET_OPTIONS,
  },
  example: 'cleat key rotate 5f0c1d2e3a4b5c6d --overlap 1h --out /run/billing/api-key',
  async run(invocation, io) {
    const id = restOf(invocation, 'ID');
    const order = present({ id, overlap: invocation.text('overlap'), ttl: invocation.text('ttl') });
    return show(await askCa(invocation, 'key-rotate', order), SHOWN, { invocation, io });
  },
};

export const keyRevoke: Verb = {
  name: 'key revoke',
  summary: 'end an API key and its live tokens',
  about: [
    'Without ID the text of the key is read from standard input: for one that was found somewhere it should not be. Only its',
    'digest is sent to the CA. Sidecars refuse its tokens within two seconds.',
  ].join('\n'),
  rest: '[ID]',
  options: COMMON_OPTIONS,
  example: 'cleat key revoke < leaked-key',
  async run(invocation, io) {
    const order =
      invocation.rest.length === 0 ? { hash: hashOf(await io.readInput()) } : { id: restOf(invocation, 'ID') };
    return show(await askCa(invocation, 'key-revoke', order), SHOWN, { invocation, io });
  },
};

/** White space around it is what editors and shells add. */
function hashOf(input: Buffer): string {
  const text = input.toString('utf8').trim();
  if (text === '') throw new UsageMistake('give an ID, or the text of the key on standard input');
  return new Secret(text).digest().toString('hex');
}

function keyLine(row: Row): string {
  const end =
    row['revokedAt'] === undefined ? `until ${timeOf(row, 'expiresAt')}` : `REVOKED ${timeOf(row, 'revokedAt')}`;
  const used = row['lastUsedAt'] === undefined ? 'never used' : `last used ${timeOf(row, 'lastUsedAt')}`;
  const networks = listOf(row, 'networks').map(String).join(',');
  const rest = [rightsLine(row), networks === '' ? '' : `networks=${networks}`]
    .filter((part) => part !== '')
    .join('  ');
  return `${textOf(row, 'id')}  ${textOf(row, 'client')}  ${textOf(row, 'owner')}  ${end}  ${used}  ${rest}`;
}
