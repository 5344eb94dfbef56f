/** `cnf.x5t#S256`: the exact comparison with the leaf of this connection, and the members of `cnf` around it. */
import { createHash } from 'node:crypto';

import { encodePem } from '../../../../core/x509/pem.ts';
import { spkiOf } from '../../../kit/x509.ts';
import { AGENT_PATH, digestText, issueIntermediate, issueLeaf } from '../authority.ts';
import { bad, type Definition, good, type Reason, TOLD, type Topic } from '../definition.ts';
import type { World } from '../world.ts';

const mismatch: Reason = { flag: 'Thumbprint', clause: 'RFC 8705 3.1', code: 'BINDING_MISMATCH' };
const encoding: Reason = { flag: 'Encoding', clause: 'RFC 8705 3.1', code: 'BINDING_MALFORMED' };
const shape: Reason = { flag: 'CnfType', clause: 'RFC 7800 3.1', code: 'BINDING_MALFORMED' };
const unknown: Reason = { flag: 'UnknownMember', clause: 'RFC 7800 3.1', code: 'BINDING_UNKNOWN' };
const absent: Reason = { flag: 'Unbound', clause: 'RFC 8705 3', code: 'BINDING_ABSENT' };

export function x5tTopic(world: World): Topic {
  return {
    topic: 'x5t',
    settings: { strict: world.settings() },
    cases: [...thumbprints(world), ...holders(world)],
  };
}

function thumbprints(world: World): readonly Definition[] {
  const { der, x5t, key } = world.agent;
  const bytes = Buffer.from(x5t, 'base64url');
  const of = (value: unknown) => ({ token: world.token({ claims: { cnf: { 'x5t#S256': value } } }) });
  return [
    good('the thumbprint of the leaf', 'RFC 8705 3.1', 'x5t#S256', of(x5t)),
    bad(encoding, 'in hex', of(bytes.toString('hex'))),
    bad(encoding, 'hex with colons', of(bytes.toString('hex').match(/../g)?.join(':'))),
    bad(encoding, 'in base64url of the hex', of(Buffer.from(bytes.toString('hex')).toString('base64url'))),
    bad(encoding, 'padded', of(`${x5t}=`)),
    bad(encoding, 'standard alphabet', of(`+/${x5t.slice(2)}`)),
    bad(encoding, 'a character less', of(x5t.slice(0, -1))),
    bad(encoding, 'a character more', of(`${x5t}A`)),
    bad(encoding, 'unused bits of the last character set', of(respelt(x5t))),
    bad(encoding, 'a space before it', of(` ${x5t}`)),
    bad(encoding, 'empty', of('')),
    bad({ ...encoding, flag: 'SHA-1' }, 'SHA-1 of the leaf', of(createHash('sha1').update(der).digest('base64url'))),
    bad(mismatch, 'SHA-256 of the PEM text', of(digestText(encodePem('CERTIFICATE', der)))),
    bad(mismatch, 'SHA-256 of the base64 text', of(digestText(der.toString('base64')))),
    bad(mismatch, 'SHA-256 of the key, not of the certificate', of(digestText(spkiOf(key)))),
    bad(mismatch, 'SHA-256 of the root', of(digestText(world.root.der))),
    bad(mismatch, 'SHA-256 of leaf and root together', of(digestText(Buffer.concat([der, world.root.der])))),
    bad(mismatch, 'all zero', of('A'.repeat(43))),
    bad(shape, 'a number', of(7)),
    bad(shape, 'null', of(null)),
    bad(shape, 'an array with the right one', of([x5t])),
    bad(shape, 'an object', of({ value: x5t })),
  ];
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The same 32 bytes under another last character: it has two bits that nobody reads. */
const respelt = (text: string): string =>
  `${text.slice(0, -1)}${ALPHABET[ALPHABET.indexOf(text.at(-1) ?? '') | 1] ?? ''}`;

function holders(world: World): readonly Definition[] {
  const intermediate = issueIntermediate(world.root);
  const below = issueLeaf(intermediate);
  const other = issueLeaf(world.root, { path: '/ns/shop/sa/other' });
  const replica = issueLeaf(world.root);
  const sameKey = issueLeaf(world.root, { key: world.agent.key, issuedAt: NOW_LATER });
  const token = world.token();
  const boundTo = (x5t: string) => world.token({ claims: { cnf: { 'x5t#S256': x5t } } });
  const stolen: Reason = { ...mismatch, flag: 'StolenToken', clause: 'RFC 8705 3' };
  const field = `:${world.agent.der.toString('base64')}:`;
  return [
    good('a leaf below an intermediate', 'RFC 8705 3.1', 'x5t#S256', {
      token: boundTo(below.x5t),
      chain: [below.der, intermediate.der],
    }),
    bad(mismatch, 'the thumbprint of the intermediate', {
      token: boundTo(digestText(intermediate.der)),
      chain: [below.der, intermediate.der],
    }),
    bad(stolen, 'token of another workload', { token, chain: [other.der] }),
    bad(stolen, 'token of another replica of the same workload', { token, chain: [replica.der] }),
    bad({ ...mismatch, flag: 'Renewed', clause: 'RFC 8705 6.3' }, 'the same key in a later certificate', {
      token,
      chain: [sameKey.der],
    }),
    bad(
      { ...mismatch, flag: 'CertificateInHeader', clause: 'CVE-2024-10039' },
      'the right certificate in Client-Cert, another on the connection',
      {
        fields: [
          ['Authorization', `Bearer ${token}`],
          ['Client-Cert', field],
        ],
        chain: [other.der],
      },
    ),
    bad(
      { ...mismatch, flag: 'CertificateInHeader', clause: 'CVE-2024-10039' },
      'the right certificate in X-Forwarded-Client-Cert, another on the connection',
      {
        fields: [
          ['Authorization', `Bearer ${token}`],
          [
            'X-Forwarded-Client-Cert',
            `Hash=${createHash('sha256').update(world.agent.der).digest('hex')};URI=spiffe://example.org${AGENT_PATH}`,
          ],
        ],
        chain: [other.der],
      },
    ),
    bad(
      { flag: 'NoCertificate', clause: 'RFC 8705 3', code: 'PEER_NO_CERTIFICATE', told: TOLD.connection },
      'no certificate on the connection',
      { token, chain: null },
    ),
    bad(
      { flag: 'NoCertificate', clause: 'RFC 8705 3', code: 'PEER_NO_CERTIFICATE', told: TOLD.connection },
      'no certificate on the connection, one in Client-Cert',
      {
        fields: [
          ['Authorization', `Bearer ${token}`],
          ['Client-Cert', field],
        ],
        chain: null,
      },
    ),
  ];
}

/** Five minutes after the leaf of the agent was issued. */
const NOW_LATER = 1_767_225_300;

export function membersTopic(world: World): Topic {
  const { x5t } = world.agent;
  const of = (cnf: unknown, settings?: string) => ({
    token: world.token({ claims: { cnf } }),
    ...(settings === undefined ? {} : { settings }),
  });
  return {
    topic: 'members',
    settings: {
      strict: world.settings(),
      lenient: world.settings({ mustBind: false }),
      ignoring: world.settings({ ignoreCnf: ['kc-jkt-type', 'urn:example:x'] }),
      nothing: world.settings({ ignoreCnf: [] }),
    },
    cases: [
      good('x5t#S256 alone', 'RFC 7800 3.1', 'x5t#S256', of({ 'x5t#S256': x5t })),
      bad(absent, 'no cnf', of(undefined)),
      bad(absent, 'no cnf, and the issuer may leave it out, but the route demands it', of(undefined, 'lenient')),
      bad(shape, 'cnf is null', of(null)),
      bad(shape, 'cnf is a string', of(x5t)),
      bad(shape, 'cnf is an array', of([{ 'x5t#S256': x5t }])),
      bad(shape, 'cnf is true', of(true)),
      bad(unknown, 'cnf is empty', of({})),
      bad(unknown, 'an unknown member alone', of({ 'urn:example:x': 1 })),
      bad(unknown, 'an unknown member beside a good one', of({ 'x5t#S256': x5t, 'urn:example:x': 1 })),
      good(
        'an unknown member that the ignore list names, beside a good one',
        'RFC 7800 3.1',
        'x5t#S256',
        of({ 'x5t#S256': x5t, 'urn:example:x': 1 }, 'ignoring'),
      ),
      bad(unknown, 'an ignored member alone proves nothing', of({ 'urn:example:x': 1 }, 'ignoring')),
      good(
        'kc-jkt-type beside a good one (Keycloak)',
        'RFC 7800 3.1',
        'x5t#S256',
        of({ 'x5t#S256': x5t, 'kc-jkt-type': 'DPoP' }),
      ),
      bad(unknown, 'kc-jkt-type with an empty ignore list', of({ 'x5t#S256': x5t, 'kc-jkt-type': 'DPoP' }, 'nothing')),
      bad(unknown, 'the member in another case', of({ 'X5T#S256': x5t })),
      bad(unknown, 'x5t without #S256', of({ x5t })),
      bad({ ...unknown, clause: 'RFC 7800 3.4' }, 'kid alone', of({ kid: 'k1' })),
      bad({ ...unknown, clause: 'RFC 7800 3.4' }, 'kid beside a good one', of({ 'x5t#S256': x5t, kid: 'k1' })),
      bad(
        { ...unknown, clause: 'RFC 7800 3.5' },
        'jku alone: nothing is fetched',
        of({ jku: 'https://attacker.example/jwks' }),
      ),
      bad({ ...unknown, clause: 'RFC 7800 3.3' }, 'jwe alone', of({ jwe: 'a.b.c.d.e' })),
      bad({ ...unknown, flag: 'CnfOutside' }, 'x5t#S256 outside of cnf', {
        token: world.token({ claims: { cnf: {}, 'x5t#S256': x5t } }),
      }),
    ],
  };
}
