/** Binding over a renewal: the lineage extension of the leaf. These rules are Cleat's own, so a verifier without them refuses what is good here. */
import * as make from '../../../../core/x509/extensions.ts';
import { encodeLineage, type Lineage } from '../../../../core/x509/lineage.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { withExtension } from '../../../kit/x509.ts';
import { issueLeaf, type Leaf, NOW } from '../authority.ts';
import { bad, type Definition, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import type { Members } from '../token.ts';
import type { World } from '../world.ts';

const LINEAGE = 'Cleat lineage';
const failed: Reason = { flag: 'Lineage', clause: LINEAGE, code: 'BINDING_MISMATCH' };

/** A predecessor with a token, and its successor, issued a minute ago. */
interface Pair {
  readonly predecessor: Leaf;
  readonly successor: Leaf;
  readonly lineage: Lineage;
}

const ISSUED = NOW - 60;
const UNTIL = NOW + 240;
const ID = Buffer.alloc(16, 0xa1);

function lineageOf(predecessors: readonly Leaf[], changes: Partial<Lineage> = {}): Lineage {
  const entries = predecessors.map(({ x5t }) => ({
    thumbprint: Buffer.from(x5t, 'base64url'),
    acceptUntil: epochSeconds(UNTIL),
  }));
  return { id: ID, sequence: 1, issuedAt: epochSeconds(ISSUED), predecessors: entries, ...changes };
}

function renew(world: World, changes: Partial<Lineage> = {}): Pair {
  const predecessor = issueLeaf(world.root, {
    lineage: { ...lineageOf([]), sequence: 0, issuedAt: epochSeconds(NOW - 600) },
  });
  const lineage = lineageOf([predecessor], changes);
  return { predecessor, lineage, successor: issueLeaf(world.root, { issuedAt: ISSUED, lineage }) };
}

export function lineageTopic(world: World): Topic {
  return {
    topic: 'lineage',
    settings: {
      strict: world.settings(),
      exact: world.settings({ lineage: false }),
      foreign: world.settings({ trustDomain: 'other.example' }),
    },
    cases: [...windows(world), ...tokens(world), ...extensions(world), ...revoked(world)],
  };
}

/** The old token on the new certificate. */
function old(world: World, { predecessor, successor }: Pair, changes: Members = {}): Input {
  const token = world.token({ claims: { cnf: { 'x5t#S256': predecessor.x5t }, iat: NOW - 120, ...changes } });
  return { token, chain: [successor.der] };
}

function windows(world: World): readonly Definition[] {
  const pair = renew(world);
  const input = old(world, pair);
  const past = (at: number): Input => ({ ...old(world, pair, { exp: NOW + 600, iat: NOW - 120 }), now: at });
  const again = issueLeaf(world.root, {
    issuedAt: ISSUED,
    lineage: lineageOf([pair.successor, pair.predecessor], { sequence: 2 }),
  });
  const older = ['a', 'b', 'c'].map(() => issueLeaf(world.root));
  const fourth = issueLeaf(world.root, { issuedAt: ISSUED, lineage: lineageOf(older, { sequence: 4 }) });
  return [
    good('old token on the new certificate', LINEAGE, 'lineage', input),
    good('the same token still on the old certificate', LINEAGE, 'x5t#S256', {
      ...input,
      chain: [pair.predecessor.der],
    }),
    good('the last second before acceptUntil', LINEAGE, 'lineage', past(UNTIL - 1)),
    bad({ ...failed, flag: 'AcceptUntil' }, 'at acceptUntil: no skew is added', past(UNTIL)),
    bad({ ...failed, flag: 'AcceptUntil' }, 'a second after acceptUntil, inside the skew', past(UNTIL + 1)),
    good('token of the certificate before the predecessor, still listed', LINEAGE, 'lineage', {
      ...input,
      chain: [again.der],
    }),
    bad({ ...failed, flag: 'NotListed' }, 'token of a fourth ancestor', { ...input, chain: [fourth.der] }),
    bad({ ...failed, flag: 'NotListed' }, 'a new lineage after a re-attestation', {
      ...input,
      chain: [
        issueLeaf(world.root, { issuedAt: ISSUED, lineage: lineageOf([], { id: Buffer.alloc(16, 0xb2), sequence: 0 }) })
          .der,
      ],
    }),
    bad({ ...failed, flag: 'NotListed' }, 'another replica that was renewed at the same time', {
      ...input,
      chain: [renew(world).successor.der],
    }),
    bad({ ...failed, flag: 'NoExtension' }, 'a later certificate of the same key holder without the extension', {
      ...input,
      chain: [issueLeaf(world.root, { issuedAt: ISSUED }).der],
    }),
    bad({ ...failed, flag: 'ExactOnly' }, 'an issuer that is not opted in', { ...input, settings: 'exact' }),
    bad({ ...failed, flag: 'TrustDomain' }, 'an issuer whose tokens belong to another trust domain', {
      ...input,
      settings: 'foreign',
    }),
  ];
}

function tokens(world: World): readonly Definition[] {
  const pair = renew(world);
  const of = (changes: Members): Input => old(world, pair, changes);
  const other = 'spiffe://example.org/ns/shop/sa/other';
  return [
    good('iat at the issue of the leaf plus the skew', LINEAGE, 'lineage', of({ iat: ISSUED + 30 })),
    bad(
      { ...failed, flag: 'Iat' },
      'iat a second later: issued after the renewal, for the old certificate',
      of({ iat: ISSUED + 31 }),
    ),
    bad(
      { ...failed, flag: 'NewerToken', clause: 'RFC 8705 6.3', code: 'BINDING_NEWER' },
      'a new token on the connection with the old certificate',
      {
        token: world.token({ claims: { cnf: { 'x5t#S256': pair.successor.x5t }, iat: NOW - 10 } }),
        chain: [pair.predecessor.der],
      },
    ),
    bad(
      { ...failed, flag: 'Actor' },
      'token of another workload, bound to the predecessor',
      of({ sub: other, client_id: other }),
    ),
    bad({ ...failed, flag: 'Actor' }, 'current actor is another workload', of({ act: { sub: other } })),
    good(
      'delegated token whose current actor is this workload',
      LINEAGE,
      'lineage',
      of({ sub: 'user-7', client_id: 'shop-frontend', act: { sub: 'spiffe://example.org/ns/shop/sa/agent' } }),
    ),
    bad(
      { ...failed, flag: 'Exp', clause: 'RFC 7519 4.1.4', code: 'TOKEN_EXPIRED' },
      'an expired token is not helped by lineage',
      of({ exp: NOW - 31, iat: NOW - 300 }),
    ),
  ];
}

function extensions(world: World): readonly Definition[] {
  const { predecessor, lineage } = renew(world);
  const input = { token: world.token({ claims: { cnf: { 'x5t#S256': predecessor.x5t }, iat: NOW - 120 } }) };
  const [entry] = lineage.predecessors;
  if (entry === undefined) throw new TypeError('a lineage without a predecessor');
  const extension = make.lineageExtension(lineage);
  const leafWith = (changed: typeof extension): Leaf =>
    issueLeaf(world.root, { issuedAt: ISSUED, change: (sound) => withExtension(sound, changed) });
  const value = (bytes: Buffer): Leaf => leafWith({ ...extension, value: bytes });
  const malformed: Reason = { ...failed, flag: 'MalformedExtension' };
  const four = {
    ...lineage,
    predecessors: Array.from({ length: 4 }, (_one, at) =>
      at === 0 ? entry : { ...entry, thumbprint: Buffer.alloc(32, at) },
    ),
  };
  const broken = value(Buffer.concat([encodeLineage(lineage), Buffer.from([0])]));
  const twice = issueLeaf(world.root, {
    issuedAt: ISSUED,
    change: (sound) => ({ ...sound, extensions: [...sound.extensions, extension, extension] }),
  });
  return [
    bad(malformed, 'bytes behind the value', { ...input, chain: [broken.der] }),
    good('exact binding with a malformed extension', LINEAGE, 'x5t#S256', {
      token: world.token({ claims: { cnf: { 'x5t#S256': broken.x5t } } }),
      chain: [broken.der],
    }),
    bad(malformed, 'a value that is no DER', { ...input, chain: [value(Buffer.from('lineage')).der] }),
    bad(malformed, 'four entries', { ...input, chain: [value(encodeLineage(four)).der] }),
    bad(malformed, 'one thumbprint twice', {
      ...input,
      chain: [value(encodeLineage({ ...lineage, predecessors: [entry, entry] })).der],
    }),
    bad(
      { ...failed, flag: 'DuplicateExtension', clause: 'RFC 5280 4.2', code: 'PEER_NOT_SVID', told: TOLD.connection },
      'the extension twice: no certificate',
      { ...input, chain: [twice.der] },
    ),
  ];
}

function revoked(world: World): readonly Definition[] {
  const pair = renew(world);
  const input = old(world, pair);
  const of = (kinds: object): Input => ({ ...input, state: { revoked: kinds } });
  const revocation: Reason = { ...failed, flag: 'Revoked' };
  const peer: Reason = { flag: 'Revoked', clause: LINEAGE, code: 'PEER_REVOKED', told: TOLD.somehow };
  return [
    bad(
      { ...revocation, flag: 'Frozen' },
      'the lineage is frozen by a fork',
      of({ frozenLineage: [ID.toString('hex')] }),
    ),
    good('exact binding in a frozen lineage', LINEAGE, 'x5t#S256', {
      token: world.token({ claims: { cnf: { 'x5t#S256': pair.successor.x5t } } }),
      chain: [pair.successor.der],
      state: { revoked: { frozenLineage: [ID.toString('hex')] } },
    }),
    bad(peer, 'the predecessor is revoked', of({ thumbprint: [pair.predecessor.x5t] })),
    bad(peer, 'the lineage is revoked', of({ lineage: [ID.toString('hex')] })),
    bad({ ...peer, code: 'TOKEN_REVOKED', told: TOLD.invalidToken }, 'the token is revoked', of({ jti: ['b6f1c0d2'] })),
    good('another lineage is revoked', LINEAGE, 'lineage', of({ lineage: ['ff'.repeat(16)] })),
  ];
}
