/** `cleat revoke` and `cleat revocations`: asked from a running CA. */
import { Fault } from '../core/fault/fault.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { askCa, CA_OPTIONS } from './ask-ca.ts';
import { EXIT } from './io.ts';
import { type Invocation, UsageMistake, type Verb } from './verb.ts';

/** Option -> key of the order. */
const TARGETS = {
  serial: 'serial',
  lineage: 'lineage',
  'spiffe-id': 'spiffeId',
  jti: 'jti',
  sub: 'sub',
  kid: 'kid',
  origin: 'origin',
} as const;

export const revoke: Verb = {
  name: 'revoke',
  summary: 'end the trust in a certificate, a lineage, an identity, or in tokens',
  about: [
    'Give exactly one of --serial, --lineage, --spiffe-id, or --issuer with one of --jti, --sub, --kid, --origin. Sidecars',
    'close matching connections within two seconds. A certificate takes its successors along. There is no way back before',
    'the end; without --until it lives as long as anything that it names can (what names tokens: as long as a',
    'certificate, at least 61 minutes; a kid: at least 122). A signing key of the CA: see `cleat token-key --rotate now`.',
  ].join('\n'),
  options: {
    serial: { value: 'HEX', doc: 'Serial number of a certificate, which takes its successors along.' },
    lineage: { value: 'HEX', doc: 'All certificates of one workload instance.' },
    'spiffe-id': { value: 'ID', doc: 'All certificates of an identity; none is issued until the end.' },
    issuer: { value: 'ISS', doc: 'The iss of the tokens that the next four are about.' },
    jti: { value: 'ID', doc: 'One token.' },
    sub: { value: 'SUBJECT', doc: 'All tokens of a subject.' },
    kid: { value: 'ID', doc: 'All tokens that were signed with a key.' },
    origin: {
      value: 'ORIGIN',
      doc: 'All tokens that came from it: client:ID, key:ID or mandate:ID. To end the client, key or mandate itself, see their own verbs.',
    },
    until: { value: 'DURATION', doc: 'How long it lasts from now, such as 24h.' },
    reason: { value: 'WORD', doc: 'A CRLReason of RFC 5280, such as keyCompromise. Default: unspecified.' },
    ...CA_OPTIONS,
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat revoke --lineage 5f0c1d2e3a4b5c6d7e8f90a1b2c3d4e5 --reason keyCompromise',
  async run(invocation, io) {
    const entry = await askCa(invocation, 'revoke', orderOf(invocation));
    if (!isObject(entry)) throw new Fault('LIFE_SOCKET', 'the CA answered with something that is no revocation');
    io.out(invocation.has('json') ? `${toSafeJson(entry)}\n` : `revoked: ${lineOf(entry)}\n`);
    return EXIT.ok;
  },
};

export const revocations: Verb = {
  name: 'revocations',
  summary: 'list what is revoked, with the end of each',
  options: { ...CA_OPTIONS, json: { doc: 'Print one JSON object.' } },
  example: 'cleat revocations --control /run/cleat/ca.sock',
  async run(invocation, io) {
    const listed = await askCa(invocation, 'revocations');
    if (!isObject(listed) || !Array.isArray(listed['entries']))
      throw new Fault('LIFE_SOCKET', 'the CA answered with something that is no list of revocations');
    if (invocation.has('json')) io.out(`${toSafeJson(listed)}\n`);
    else if (listed['entries'].length === 0) io.out('none\n');
    else for (const entry of listed['entries'].filter(isObject)) io.out(`${lineOf(entry)}\n`);
    return EXIT.ok;
  },
};

type Fields = Readonly<Record<string, unknown>>;

/** The CA judges it; here only what a command line can get wrong. */
function orderOf(invocation: Invocation): Fields {
  const given = Object.entries(TARGETS).filter(([option]) => invocation.text(option) !== undefined);
  const [target, ...more] = given;
  if (target === undefined || more.length > 0)
    throw new UsageMistake(
      `give exactly one of ${Object.keys(TARGETS)
        .map((name) => `--${name}`)
        .join(', ')}`,
    );
  const [option, key] = target;
  return { [key]: invocation.text(option), ...textsOf(invocation, ['issuer', 'until', 'reason']) };
}

function textsOf(invocation: Invocation, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = invocation.text(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** Kind, what it names, until when. Values of tokens come from others. */
function lineOf(entry: Fields): string {
  const text = (name: string): string | undefined => {
    const value = entry[name];
    return typeof value === 'string' ? value : undefined;
  };
  const named =
    text('serial') ?? text('lineageId') ?? text('spiffeId') ?? `${text('value') ?? ''} of ${text('issuer') ?? ''}`;
  const until = new Date(Number(entry['endsAt']) * 1000).toISOString().replace('.000', '');
  return escapeText(`${text('kind') ?? ''} ${named}, until ${until}, ${text('reason') ?? ''}`);
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
