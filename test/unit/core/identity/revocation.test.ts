import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import type { Peer } from '../../../../core/identity/peer.ts';
import {
  describeRevocation,
  indexRevocations,
  mergeRevocations,
  NO_REVOCATIONS,
  type RevokedThing,
  type Revocation,
} from '../../../../core/identity/revocation.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { epochSeconds } from '../../../../core/time/units.ts';

const NOW = epochSeconds(1_800_000_000);
const END = epochSeconds(NOW + 60);
const LINEAGE = Buffer.alloc(16, 0xab);
const digest = (byte: number): Buffer => Buffer.alloc(32, byte);
const text = (byte: number): string => digest(byte).toString('base64url');

/** Sequence 3, with the certificates 2 and 1 before it. */
function peer(changes: Partial<Peer> = {}): Peer {
  return {
    id: demand(parseSpiffeId('spiffe://mesh.example/ns/shop/sa/agent')),
    thumbprint: digest(3),
    thumbprintText: text(3),
    serial: '03',
    keyThumbprint: () => undefined,
    notBefore: NOW,
    notAfter: epochSeconds(NOW + 3600),
    lineage: {
      id: LINEAGE,
      sequence: 3,
      issuedAt: NOW,
      predecessors: [2, 1].map((byte) => ({ thumbprint: digest(byte), acceptUntil: END })),
    },
    isLineageMalformed: false,
    der: Buffer.alloc(0),
    ...changes,
  };
}

const entry = (thing: RevokedThing, generation = 1, endsAt = END): Revocation => ({
  ...thing,
  generation,
  reason: 'unspecified',
  revokedAt: NOW,
  endsAt,
});
const certificate = (sequence: number, changes: Partial<Extract<RevokedThing, { kind: 'certificate' }>> = {}) =>
  entry({
    kind: 'certificate',
    serial: `0${sequence}`,
    thumbprint: text(sequence),
    lineageId: LINEAGE.toString('hex'),
    sequence,
    ...changes,
  });
const index = (...entries: readonly Revocation[]) => indexRevocations(entries.length, entries);
const stranger = peer({ serial: 'ff', thumbprint: digest(9), thumbprintText: text(9), lineage: undefined });

describe('RevocationIndex.ofPeer()', () => {
  it('finds the certificate by its serial or by its thumbprint', () => {
    const other = { lineageId: '00'.repeat(16) };
    const bySerial = certificate(3, { ...other, thumbprint: text(7) });
    const byThumbprint = certificate(3, { ...other, serial: '77' });
    for (const found of [bySerial, byThumbprint]) expect(index(found).ofPeer(peer(), NOW)).to.equal(found);
  });

  it('A-119 a revoked ancestor reaches its successors: each later sequence of its lineage', () => {
    for (const sequence of [0, 1, 2, 3])
      expect(index(certificate(sequence)).ofPeer(peer(), NOW), String(sequence)).to.include({ sequence });
    expect(index(certificate(4)).ofPeer(peer(), NOW), 'a successor does not reach back').to.equal(undefined);
  });

  it('A-119 a revoked ancestor reaches whoever lists its thumbprint, in another lineage too', () => {
    const moved = certificate(2, { lineageId: '00'.repeat(16), sequence: 7 });
    expect(index(moved).ofPeer(peer(), NOW)).to.equal(moved);
  });

  it('finds the lineage and the SPIFFE ID', () => {
    const lineage = entry({ kind: 'lineage', lineageId: LINEAGE.toString('hex') });
    const id = entry({ kind: 'spiffe-id', spiffeId: peer().id.uri });
    expect(index(lineage).ofPeer(peer(), NOW)).to.equal(lineage);
    expect(index(id).ofPeer(peer(), NOW)).to.equal(id);
    expect(index(id).ofPeer(stranger, NOW), 'also without a lineage').to.equal(id);
    expect(index(id).ofId(peer().id, NOW)).to.equal(id);
  });

  it('matches exactly: no prefix, no other case, no other kind with the same text', () => {
    const lineageId = LINEAGE.toString('hex');
    const near = [
      entry({ kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/ns/shop/sa/age' }),
      entry({ kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/ns/shop/sa/agent/' }),
      entry({ kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/ns/shop/sa/Agent' }),
      entry({ kind: 'lineage', lineageId: lineageId.toUpperCase() }),
      entry({ kind: 'lineage', lineageId: lineageId.slice(2) }),
      entry({ kind: 'frozen-lineage', lineageId }),
      entry({ kind: 'sub', issuer: 'https://ca', value: peer().id.uri }),
      entry({ kind: 'jti', issuer: 'serial', value: '03' }),
    ];
    for (const one of near) expect(index(one).ofPeer(peer(), NOW), JSON.stringify(one)).to.equal(undefined);
    expect(index(...near).ofPeer(stranger, NOW)).to.equal(undefined);
  });

  it('holds through the last second of the entry, and of two with one target through the later', () => {
    const short = entry({ kind: 'lineage', lineageId: LINEAGE.toString('hex') }, 1, NOW);
    expect(index(short).ofPeer(peer(), NOW)).to.equal(short);
    expect(index(short).ofPeer(peer(), epochSeconds(NOW + 1))).to.equal(undefined);
    const long = { ...short, generation: 2, endsAt: END };
    for (const both of [
      [short, long],
      [long, short],
    ])
      expect(index(...both).ofPeer(peer(), END)).to.equal(long);
    expect(index(certificate(0), { ...certificate(2), endsAt: NOW }).ofPeer(peer(), END)).to.include({ sequence: 0 });
  });
});

describe('RevocationIndex.ofToken()', () => {
  const token = { iss: 'https://ca', jti: 'j', subject: 's', keyId: 'k', origins: ['client:b', 'key:1'] };

  it('finds jti, sub and kid of that issuer alone', () => {
    const [jti, sub, kid] = (['jti', 'sub', 'kid'] as const).map((kind) =>
      entry({ kind, issuer: 'https://ca', value: kind.slice(0, 1) }),
    );
    for (const one of [jti, sub, kid]) {
      if (one === undefined) throw new Error('unreachable');
      expect(index(one).ofToken(token, NOW)).to.equal(one);
      expect(index(one).ofToken({ ...token, iss: 'https://cb' }, NOW)).to.equal(undefined);
      expect(index(one).ofToken(token, epochSeconds(END + 1))).to.equal(undefined);
    }
  });

  it('keeps issuer and value apart, and finds nothing by a claim that is absent', () => {
    const joined = entry({ kind: 'jti', issuer: 'https://c', value: 'a j' });
    expect(index(joined).ofToken({ ...token, jti: 'j' }, NOW)).to.equal(undefined);
    const word = entry({ kind: 'sub', issuer: 'https://ca', value: 'undefined' });
    const bare = { iss: 'https://ca', jti: undefined, subject: undefined, keyId: undefined, origins: [] };
    expect(index(word).ofToken(bare, NOW)).to.equal(undefined);
  });

  it('finds no origin that only looks like it, nor one of another issuer, nor the text of another kind', () => {
    const near = ['client', 'client:', 'client:b ', 'client:B', 'client:bc', 'key:11', 'client:b key:1', 'mandate:1'];
    for (const value of near)
      expect(index(entry({ kind: 'origin', issuer: 'https://ca', value })).ofToken(token, NOW), value).to.equal(
        undefined,
      );
    const other = entry({ kind: 'origin', issuer: 'https://cb', value: 'key:1' });
    expect(index(other).ofToken(token, NOW)).to.equal(undefined);
    const subject = entry({ kind: 'origin', issuer: 'https://ca', value: 's' });
    expect(index(subject).ofToken(token, NOW)).to.equal(undefined);
  });

  it('finds a token by any of its origins, to the last second', () => {
    for (const value of token.origins) {
      const one = entry({ kind: 'origin', issuer: 'https://ca', value });
      expect(index(one).ofToken(token, END)).to.equal(one);
      expect(index(one).ofToken(token, epochSeconds(END + 1))).to.equal(undefined);
    }
  });
});

describe('RevocationIndex.ofPredecessor()', () => {
  const frozen = entry({ kind: 'frozen-lineage', lineageId: LINEAGE.toString('hex') });

  it('a frozen lineage stops it, and leaves the leaf itself alone', () => {
    expect(index(frozen).ofPredecessor(peer(), digest(2), NOW)).to.equal(frozen);
    expect(index(frozen).ofPeer(peer(), NOW)).to.equal(undefined);
  });

  it('so does a frozen identity, with each of its lineages', () => {
    const whole = entry({ kind: 'frozen-spiffe-id', spiffeId: peer().id.uri });
    expect(index(whole).ofPredecessor(peer(), digest(2), NOW)).to.equal(whole);
    expect(index(whole).ofPeer(peer(), NOW)).to.equal(undefined);
    expect(index(whole).ofId(peer().id, NOW)).to.equal(undefined);
  });

  it('so does the predecessor itself, and all that stops the peer', () => {
    const gone = certificate(9, { thumbprint: text(2), lineageId: '00'.repeat(16) });
    expect(index(gone).ofPredecessor(peer(), digest(2), NOW)).to.equal(gone);
    const id = entry({ kind: 'spiffe-id', spiffeId: peer().id.uri });
    expect(index(id).ofPredecessor(peer(), digest(2), NOW)).to.equal(id);
    expect(index(frozen).ofPredecessor(stranger, digest(2), NOW)).to.equal(undefined);
    expect(NO_REVOCATIONS.ofPredecessor(peer(), digest(2), NOW)).to.equal(undefined);
  });
});

describe('mergeRevocations()', () => {
  const lineage = entry({ kind: 'lineage', lineageId: '01'.repeat(16) });
  const id = entry({ kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/x' }, 2);

  it('A-114 keeps what a state from a backup has lost, until it ends', () => {
    expect(mergeRevocations([lineage, id], [id], NOW)).to.deep.equal([lineage, id]);
    expect(mergeRevocations([lineage], [], END)).to.deep.equal([lineage]);
    expect(mergeRevocations([lineage], [], epochSeconds(END + 1))).to.deep.equal([]);
  });

  it('A-114 keeps what it knew of a certificate where a CA that lost its record tells the serial alone', () => {
    const known = certificate(3);
    const bare = certificate(3, { thumbprint: text(0), lineageId: '00'.repeat(16) });
    const longer = { ...bare, endsAt: epochSeconds(END + 9) };
    expect(mergeRevocations([known], [longer], NOW)).to.deep.equal([known, longer]);
  });

  it('holds one thing once, to the later end, and drops what has ended on both sides', () => {
    const longer = { ...lineage, generation: 3, endsAt: epochSeconds(END + 9) };
    expect(mergeRevocations([lineage], [longer], NOW)).to.deep.equal([longer]);
    expect(mergeRevocations([longer], [lineage], NOW)).to.deep.equal([longer, lineage]);
    expect(mergeRevocations([id], [lineage], epochSeconds(END + 1))).to.deep.equal([]);
  });
});

describe('describeRevocation()', () => {
  it('names the thing, the reason, the generation and the end', () => {
    const words = [
      certificate(3),
      entry({ kind: 'lineage', lineageId: 'ab' }),
      entry({ kind: 'frozen-lineage', lineageId: 'ab' }),
      entry({ kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/x' }),
      entry({ kind: 'jti', issuer: 'https://ca', value: 'a"b' }),
    ].map((one) => describeRevocation(one).split(' was revoked ')[0]);
    expect(words).to.deep.equal([
      'certificate 03',
      'lineage ab',
      'lineage ab (frozen by a fork)',
      'spiffe://mesh.example/x',
      'jti "a\\"b" of "https://ca"',
    ]);
    expect(describeRevocation(certificate(3))).to.include(`(unspecified, generation 1, until ${END})`);
  });
});
