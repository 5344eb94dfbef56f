/** `cleat certificates`, `lineages`, `sidecars`, `join-tokens`, `withdraw-join-token`: what a CA knows, as lines or JSON. */
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { askCa, CA_OPTIONS, listAll } from './ask-ca.ts';
import { EXIT, type Io } from './io.ts';
import { needed, type Invocation, type Option, type Verb } from './verb.ts';

type Row = Readonly<Record<string, unknown>>;

const JSON_OPTION = { json: { doc: 'Print one JSON object.' } } as const satisfies Readonly<Record<string, Option>>;
const OF_IDENTITY = {
  'spiffe-id': { value: 'ID', doc: 'Only those of this identity.' },
} as const satisfies Readonly<Record<string, Option>>;

export const certificates: Verb = {
  name: 'certificates',
  summary: 'list the certificates of a CA that have not ended',
  about: 'A line: serial, SPIFFE ID, lineage and place in it, how it was attested, end.',
  options: {
    ...OF_IDENTITY,
    serial: { value: 'HEX', doc: 'Only this one.' },
    ...CA_OPTIONS,
    ...JSON_OPTION,
  },
  example: 'cleat certificates --spiffe-id spiffe://mesh.internal/ns/shop/sa/agent',
  async run(invocation, io) {
    const filter = { spiffeId: invocation.text('spiffe-id'), serial: invocation.text('serial')?.toLowerCase() };
    const rows = await listAll(invocation, 'certificates', present(filter));
    return show({ certificates: rows }, rows.map(certificateLine), { invocation, io });
  },
};

export const lineages: Verb = {
  name: 'lineages',
  summary: 'list the workload instances that a CA has certified, by their newest certificate',
  about: 'A line: lineage, SPIFFE ID, place of the newest certificate, its serial and end; and whether it is frozen.',
  options: { ...OF_IDENTITY, ...CA_OPTIONS, ...JSON_OPTION },
  example: 'cleat lineages --json',
  async run(invocation, io) {
    const rows = await listAll(invocation, 'lineages', present({ spiffeId: invocation.text('spiffe-id') }));
    return show({ lineages: rows }, rows.map(lineageLine), { invocation, io });
  },
};

export const sidecars: Verb = {
  name: 'sidecars',
  summary: 'list the workload instances of a CA and the trust bundle that each runs on',
  about: 'A line: SPIFFE ID, lineage, end of the newest certificate, bundle generation that it acknowledged.',
  options: { ...CA_OPTIONS, ...JSON_OPTION },
  example: 'cleat sidecars --control /run/cleat/ca.sock',
  async run(invocation, io) {
    const rows = await listAll(invocation, 'sidecars');
    return show({ sidecars: rows }, rows.map(sidecarLine), { invocation, io });
  },
};

export const joinTokens: Verb = {
  name: 'join-tokens',
  summary: 'list the join tokens of a CA that are neither spent nor expired',
  about: 'A line: id, path of the SPIFFE ID, end. The secret is not known to the CA.',
  options: { ...CA_OPTIONS, ...JSON_OPTION },
  example: 'cleat join-tokens',
  async run(invocation, io) {
    const rows = await listAll(invocation, 'join-tokens');
    return show({ joinTokens: rows }, rows.map(joinTokenLine), { invocation, io });
  },
};

export const withdrawJoinToken: Verb = {
  name: 'withdraw-join-token',
  summary: 'end a join token that was not spent',
  options: {
    id: { value: 'HEX', doc: 'Its id, as `cleat join-tokens` shows it.', required: true },
    ...CA_OPTIONS,
    ...JSON_OPTION,
  },
  example: 'cleat withdraw-join-token --id 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  async run(invocation, io) {
    const id = needed(invocation, 'id').toLowerCase();
    await askCa(invocation, 'withdraw-join-token', { id });
    return show({ withdrawn: id }, [`withdrawn: ${id}`], { invocation, io });
  },
};

function show(
  value: object,
  lines: readonly string[],
  to: { readonly invocation: Invocation; readonly io: Io },
): number {
  const shown = lines.length === 0 ? ['none'] : lines;
  to.io.out(to.invocation.has('json') ? `${toSafeJson(value)}\n` : shown.map((line) => `${line}\n`).join(''));
  return EXIT.ok;
}

const present = (filter: Readonly<Record<string, string | undefined>>): object =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));

function certificateLine(row: Row): string {
  const shown = row['evidence'] === undefined ? '' : ` (${text(row, 'evidence')})`;
  const place = `${text(row, 'lineageId')}/${text(row, 'sequence')}`;
  return `${text(row, 'serial')}  ${text(row, 'spiffeId')}  ${place}  ${text(row, 'attestor')}${shown}  until ${time(row, 'notAfter')}`;
}

function lineageLine(row: Row): string {
  const frozen = row['frozenAt'] === undefined ? '' : `  FROZEN since ${time(row, 'frozenAt')}`;
  const newest = `${text(row, 'sequence')}  ${text(row, 'serial')}  until ${time(row, 'notAfter')}`;
  return `${text(row, 'lineageId')}  ${text(row, 'spiffeId')}  ${newest}${frozen}`;
}

function sidecarLine(row: Row): string {
  const runsOn =
    row['runsOn'] === undefined ? 'not heard of since the start of the CA' : `bundle ${text(row, 'runsOn')}`;
  return `${text(row, 'spiffeId')}  ${text(row, 'lineageId')}  until ${time(row, 'notAfter')}  ${runsOn}`;
}

const joinTokenLine = (row: Row): string => `${text(row, 'id')}  ${text(row, 'path')}  until ${time(row, 'expiresAt')}`;

const text = (row: Row, name: string): string => escapeText(String(row[name]));
const time = (row: Row, name: string): string => new Date(Number(row[name]) * 1000).toISOString().replace('.000', '');
