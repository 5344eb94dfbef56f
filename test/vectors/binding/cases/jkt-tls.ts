/** `cnf.jkt` and `cnf.jwk` proved by the key of the peer's certificate: the handshake is the proof of possession. */
import { issueLeaf, NOW } from '../authority.ts';
import { bad, type Definition, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import { createSigningKey, type Members, publicJwk, thumbprintOfJwk } from '../token.ts';
import type { World } from '../world.ts';

const mismatch: Reason = { flag: 'OtherKey', clause: 'RFC 7800 3.2', code: 'BINDING_MISMATCH' };
const malformed: Reason = { flag: 'Jwk', clause: 'RFC 7800 3.2', code: 'BINDING_MALFORMED' };

export function jktTlsTopic(world: World): Topic {
  const jwk = publicJwk(world.agent.key);
  const jkt = thumbprintOfJwk(jwk);
  const renewed = issueLeaf(world.root, { key: world.agent.key, issuedAt: NOW - 300 });
  const other = issueLeaf(world.root);
  const { x5t } = world.agent;
  const of = (cnf: unknown, more: Input = {}): Input => ({ token: world.token({ claims: { cnf } }), ...more });
  return {
    topic: 'jkt-tls',
    settings: { tls: world.settings({ jkt: 'tls' }), dpop: world.settings() },
    cases: [
      good('the thumbprint of the key of the leaf', 'RFC 7638 3', 'jkt-tls', of({ jkt })),
      good('a later certificate with the same key', 'RFC 7638 3', 'jkt-tls', of({ jkt }, { chain: [renewed.der] })),
      bad(mismatch, 'another key of the same workload', of({ jkt }, { chain: [other.der] })),
      bad(mismatch, 'the thumbprint of the certificate, not of the key', of({ jkt: x5t })),
      bad(
        { ...mismatch, flag: 'NotOptedIn', clause: 'RFC 9449 7.2', code: 'BINDING_PROOF_ABSENT' },
        'an issuer that is not opted in',
        of({ jkt }, { settings: 'dpop' }),
      ),
      good('jkt and x5t#S256, both hold', 'RFC 7800 3.1', 'jkt-tls', of({ jkt, 'x5t#S256': x5t })),
      bad(
        { ...mismatch, flag: 'SecondMember' },
        'jkt holds, x5t#S256 is of another certificate',
        of({ jkt, 'x5t#S256': other.x5t }),
      ),
      bad(
        { ...mismatch, flag: 'SecondMember' },
        'x5t#S256 holds, jkt is of another key',
        of({ jkt: thumbprintOfJwk(publicJwk(other.key)), 'x5t#S256': x5t }),
      ),
      bad(
        { ...malformed, flag: 'JktEncoding' },
        'jkt in hex',
        of({ jkt: Buffer.from(jkt, 'base64url').toString('hex') }),
      ),
      bad(
        { flag: 'NoCertificate', clause: 'RFC 7800 3.2', code: 'PEER_NO_CERTIFICATE', told: TOLD.connection },
        'no certificate',
        of({ jkt }, { chain: null }),
      ),
    ],
  };
}

export function jwkTopic(world: World): Topic {
  return { topic: 'jwk', settings: { strict: world.settings() }, cases: jwks(world) };
}

function jwks(world: World): readonly Definition[] {
  const jwk = publicJwk(world.agent.key);
  const other = issueLeaf(world.root);
  const renewed = issueLeaf(world.root, { key: world.agent.key, issuedAt: NOW - 300 });
  const { x5t } = world.agent;
  const rsa = createSigningKey('r', 'RS256').jwk;
  const of = (value: unknown, more: Members = {}): Input => ({
    token: world.token({ claims: { cnf: { jwk: value, ...more } } }),
  });
  return [
    good('the key of the leaf', 'RFC 7800 3.2', 'jwk', of(jwk)),
    good(
      'with members that are no part of the key',
      'RFC 7638 3',
      'jwk',
      of({ kid: 'x', use: 'sig', alg: 'ES256', ...jwk }),
    ),
    good('a later certificate with the same key', 'RFC 7800 3.2', 'jwk', { ...of(jwk), chain: [renewed.der] }),
    good('jwk and x5t#S256, both hold', 'RFC 7800 3.1', 'jwk', of(jwk, { 'x5t#S256': x5t })),
    bad(mismatch, 'another key', of(publicJwk(other.key))),
    bad(mismatch, 'the key of another leaf on the connection', { ...of(jwk), chain: [other.der] }),
    bad(mismatch, 'an RSA key, the leaf is on P-256', of({ kty: 'RSA', n: rsa['n'], e: rsa['e'] })),
    bad(
      { ...mismatch, flag: 'SecondMember' },
      'jwk holds, x5t#S256 is of another certificate',
      of(jwk, { 'x5t#S256': other.x5t }),
    ),
    bad({ ...malformed, flag: 'PrivateKey' }, 'with a private member', of({ ...jwk, d: 'A'.repeat(43) })),
    bad({ ...malformed, flag: 'SymmetricKey' }, 'a symmetric key', of({ kty: 'oct', k: 'c2VjcmV0' })),
    bad(malformed, 'off its curve', of({ ...jwk, y: jwk['x'] })),
    bad(malformed, 'a coordinate padded', of({ ...jwk, x: `${String(jwk['x'])}=` })),
    bad(malformed, 'a string', of(JSON.stringify(jwk))),
    bad(malformed, 'an array', of([jwk])),
    bad(malformed, 'null', of(null)),
    bad({ ...malformed, flag: 'KeySet' }, 'a set with the right key', of({ keys: [jwk] })),
    bad(
      { flag: 'UnknownMember', clause: 'RFC 7800 3.1', code: 'BINDING_UNKNOWN' },
      'jwk holds, beside an unknown member',
      of(jwk, { 'urn:example:x': 1 }),
    ),
  ];
}
