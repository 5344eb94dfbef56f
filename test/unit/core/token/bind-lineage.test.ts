/** The table of edges of reference/tokens.md section 7, with the leaves that the CA's half of the rule plans. */
import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { type Revocation, indexRevocations, NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import type { Peer } from '../../../../core/identity/peer.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { bind, type BindingMode, type BindingTerms } from '../../../../core/token/bind.ts';
import { checkClaims } from '../../../../core/token/claims.ts';
import type { IssuerOptions } from '../../../../core/token/issuer.ts';
import { parseStrictObject } from '../../../../core/token/json.ts';
import { planLineage } from '../../../../core/token/lineage.ts';
import type { VerifiedToken } from '../../../../core/token/verified-token.ts';
import { basicConstraints, lineageExtension } from '../../../../core/x509/extensions.ts';
import { LINEAGE_OID_DER, encodeLineage, type Lineage } from '../../../../core/x509/lineage.ts';
import type { Extension } from '../../../../core/x509/write.ts';
import { recognisePeer } from '../../../../sidecar/identity/peer.ts';
import { createTestAuthority, leafTemplate, signTest, spkiOf, testKey, withExtension } from '../../../kit/x509.ts';
import { AGENT, claimsOf, NOW, rulesOf } from './tokens.ts';

const MESH = demand(parseTrustDomain('mesh.test'));
const authority = createTestAuthority(MESH);
const LIFE = 3600;
const TOKEN_TTL = 300;
const SKEW = 30;
const OWN_CA = { trustDomain: MESH, lineage: true } as const;
const PATH = '/ns/shop/sa/agent';

interface LeafWish {
  readonly path?: string;
  readonly lifetime?: number;
  readonly extensions?: readonly Extension[];
}

function peerAt(at: number, { path = PATH, lifetime = LIFE, extensions = [] }: LeafWish = {}): Peer {
  const now = epochSeconds(NOW + at);
  const sound = leafTemplate(authority, { path, lifetime, now }, spkiOf(testKey()));
  const der = signTest(extensions.reduce(withExtension, sound), authority.key);
  return demand(recognisePeer(der, MESH, now));
}

/** What the CA issues at that second: the first of a new lineage, or the successor of `before`. */
function issued(at: number, before?: Peer, wish: LeafWish = {}): Peer {
  const terms = { issuedAt: epochSeconds(NOW + at), tokenTtl: seconds(TOKEN_TTL), freshId: Buffer.alloc(16, 5) };
  return peerAt(at, { ...wish, extensions: [lineageExtension(planLineage(before, terms))] });
}

/** Minted at that second for whoever showed this certificate. */
function tokenFor(
  holder: Peer,
  at: number,
  changes: Readonly<Record<string, unknown>> = {},
  issuer = OWN_CA as Issuer,
) {
  const iat = NOW + at;
  const claims = { iat, exp: iat + TOKEN_TTL, cnf: { 'x5t#S256': holder.thumbprintText }, ...changes };
  const signed = demand(parseStrictObject(Buffer.from(JSON.stringify(claimsOf(claims)))));
  const type = claims.iat === undefined ? 'jwt' : 'at+jwt';
  const rules = rulesOf({ types: ['at+jwt', 'JWT'], ...issuer });
  const expected = { rules, audiences: ['payments'], now: epochSeconds(iat) };
  return demand(checkClaims({ type, keyId: 'key-1', claims: signed, digest: '0123456789ab' }, expected));
}
type Issuer = Pick<IssuerOptions, 'trustDomain' | 'lineage' | 'ignoreCnf'>;

function result(token: VerifiedToken, peer: Peer, at: number, changes: Partial<BindingTerms> = {}): string {
  const now = epochSeconds(NOW + at);
  const terms = { mode: 'required' as BindingMode, lineage: true, revocations: NO_REVOCATIONS, now, ...changes };
  const bound = bind(token, peer, terms);
  return bound.ok
    ? bound.value.binding
    : `${bound.refusal.code} ${/lineage: .*|token newer .*/.exec(bound.refusal.detail)?.[0]}`;
}

const entry = { generation: 1, reason: 'keyCompromise', revokedAt: NOW, endsAt: epochSeconds(NOW + LIFE) } as const;
const revoked = (...entries: readonly Revocation[]): BindingTerms['revocations'] => indexRevocations(1, entries);

describe('bind() by lineage', () => {
  const first = issued(0);
  const second = issued(100, first);
  const third = issued(110, second);
  const fourth = issued(120, third);
  const fifth = issued(130, fourth);
  const token = tokenFor(first, 90);

  it('A-441 refuses at acceptUntil, to the second, with no skew: the end of the longest token', () => {
    expect(result(token, second, 100 + TOKEN_TTL)).to.match(/^BINDING_MISMATCH lineage: accepted until \d+, now \d+$/);
    expect(result(token, second, 100 + TOKEN_TTL + 1)).to.match(/^BINDING_MISMATCH/);
    expect(result(token, second, 100 + TOKEN_TTL - 1)).to.equal('lineage');
  });

  it('A-441 refuses at the end of the predecessor, where that comes first', () => {
    const short = issued(0, undefined, { lifetime: 120 });
    const next = issued(100, short);
    const early = tokenFor(short, 90);
    expect(result(early, next, 120)).to.match(/^BINDING_MISMATCH lineage: accepted until/);
    expect(result(early, next, 119)).to.equal('lineage');
  });

  it('A-441 keeps the end of an entry over later renewals', () => {
    expect(result(token, fourth, 100 + TOKEN_TTL)).to.match(/^BINDING_MISMATCH lineage: accepted until/);
    expect(result(token, fourth, 100 + TOKEN_TTL - 1)).to.equal('lineage');
  });

  it('refuses the fourth ancestor: more than three renewals in one token life', () => {
    expect(result(token, fifth, 131)).to.equal('BINDING_MISMATCH lineage: not one of 3 predecessors');
  });

  it('A-424 refuses the token of a sibling replica, and A-423 of another workload', () => {
    const sibling = issued(100, issued(0));
    expect(result(token, sibling, 101)).to.equal('BINDING_MISMATCH lineage: not one of 1 predecessors');
    const other = issued(100, issued(0, undefined, { path: '/ns/shop/sa/other' }), { path: '/ns/shop/sa/other' });
    expect(result(token, other, 101)).to.equal('BINDING_MISMATCH lineage: not one of 1 predecessors');
  });

  it('A-444 refuses an old token after a re-attestation: a new lineage lists nobody', () => {
    expect(result(token, issued(100), 101)).to.equal('BINDING_MISMATCH lineage: not one of 0 predecessors');
  });

  describe('A-442 counts a malformed extension as none: exact mode stays', () => {
    const { id, sequence, issuedAt, predecessors } = third.lineage as Lineage;
    const entryOf = predecessors[0] ?? { thumbprint: Buffer.alloc(32), acceptUntil: issuedAt };
    const more = { ...entryOf, thumbprint: Buffer.alloc(32, 1) };
    const cases: Readonly<Record<string, Buffer>> = {
      'bad DER': Buffer.from('3003020100', 'hex'),
      'trailing bytes': Buffer.concat([encodeLineage(third.lineage as Lineage), Buffer.from([0])]),
      empty: Buffer.alloc(0),
      'the same thumbprint twice': encodeLineage({ id, sequence, issuedAt, predecessors: [entryOf, entryOf] }),
      'four entries': encodeLineage({
        id,
        sequence,
        issuedAt,
        predecessors: [...predecessors, more, { ...more, thumbprint: Buffer.alloc(32, 2) }],
      }),
    };
    for (const [name, value] of Object.entries(cases)) {
      it(name, () => {
        const peer = peerAt(110, { extensions: [{ oid: LINEAGE_OID_DER, critical: false, value }] });
        expect(peer).to.include({ lineage: undefined, isLineageMalformed: true });
        expect(result(token, peer, 111)).to.equal('BINDING_MISMATCH lineage: malformed in the leaf');
        expect(result(tokenFor(peer, 111), peer, 112)).to.equal('x5t#S256');
      });
    }
  });

  it('A-442 refuses a certificate with two extensions whole', () => {
    const sound = leafTemplate(authority, { path: PATH, now: NOW }, spkiOf(testKey()));
    const twice = lineageExtension(second.lineage as Lineage);
    const der = signTest({ ...sound, extensions: [...sound.extensions, twice, twice] }, authority.key);
    expect(recognisePeer(der, MESH, NOW)).to.have.nested.property('refusal.code', 'PEER_NOT_SVID');
  });

  it('A-442 ignores the extension in a CA certificate, and refuses one of a foreign trust domain', () => {
    const extension = lineageExtension(second.lineage as Lineage);
    const sound = leafTemplate(authority, { path: PATH, now: NOW }, spkiOf(testKey()));
    const ca = withExtension(withExtension(sound, extension), basicConstraints({ ca: true }));
    expect(recognisePeer(signTest(ca, authority.key), MESH, NOW).ok).to.equal(false);
    const foreign = { ...second, id: { ...second.id, trustDomain: demand(parseTrustDomain('other.test')) } };
    expect(result(token, foreign, 101)).to.equal('BINDING_MISMATCH lineage: issuer cleat is not one of other.test');
  });

  it('refuses a leaf without lineage', () => {
    expect(result(token, peerAt(100), 101)).to.equal('BINDING_MISMATCH lineage: the leaf has none');
  });

  it('A-442 refuses for an issuer that is not opted in, or is not one of this trust domain', () => {
    const exact = tokenFor(first, 90, {}, { trustDomain: MESH, lineage: false });
    expect(result(exact, second, 101)).to.equal('BINDING_MISMATCH lineage: issuer cleat is exact only');
    for (const issuer of [{}, { lineage: true }, { lineage: true, trustDomain: demand(parseTrustDomain('mesh.tes')) }])
      expect(result(tokenFor(first, 90, {}, issuer), second, 101)).to.equal(
        'BINDING_MISMATCH lineage: issuer cleat is not one of mesh.test',
      );
  });

  it('refuses on a route that is exact only', () => {
    expect(result(token, second, 101, { lineage: false })).to.equal(
      'BINDING_MISMATCH lineage: the route is exact only',
    );
    expect(result(token, first, 101, { lineage: false })).to.equal('x5t#S256');
  });

  it('A-445 refuses a new token on an old connection, and says so: BINDING_NEWER', () => {
    const renewed = tokenFor(second, SKEW + 1);
    expect(result(renewed, first, SKEW + 1)).to.match(/^BINDING_NEWER token newer than connection: iat \d+, the leaf/);
    expect(result(renewed, first, SKEW + 1, { lineage: false })).to.match(/^BINDING_NEWER/);
    const within = tokenFor(second, SKEW);
    expect(result(within, first, SKEW), 'within the skew no one can tell').to.match(/^BINDING_MISMATCH/);
    const exact = tokenFor(second, SKEW + 1, {}, { trustDomain: MESH, lineage: false });
    expect(result(exact, first, SKEW + 1), 'also where lineage is off').to.match(/^BINDING_NEWER/);
  });

  it('A-424 does not call a stranger newer: his token is another workload', () => {
    const other = issued(0, undefined, { path: '/ns/shop/sa/other' });
    for (const changes of [{}, { act: { sub: `${AGENT}x` } }, { client_id: 'a-client' }])
      expect(result(tokenFor(second, SKEW + 5, changes), other, SKEW + 6)).to.match(/^BINDING_MISMATCH/);
  });

  it('A-443 refuses a token that was issued to the predecessor after this leaf plus skew', () => {
    const late = tokenFor(first, 100 + SKEW + 1);
    expect(result(late, second, 100 + SKEW + 1)).to.match(/^BINDING_MISMATCH lineage: iat \d+, the leaf is of \d+$/);
    expect(result(tokenFor(first, 100 + SKEW), second, 100 + SKEW)).to.equal('lineage');
  });

  it('A-443 refuses a token whose actor is another SPIFFE ID, in any spelling of the scheme', () => {
    for (const sub of [`${AGENT}2`, 'spiffe://mesh.test/ns/shop', 'SPIFFE://mesh.test/ns/shop/sa/agent', 'spiffe:'])
      expect(result(tokenFor(first, 90, { act: { sub } }), second, 101), sub).to.equal(
        `BINDING_MISMATCH lineage: the actor of the token is ${sub}`,
      );
  });

  it('A-443 refuses when leaf, lineage, predecessor or identity is revoked, or the lineage frozen', () => {
    const id = (second.lineage as Lineage).id.toString('hex');
    const at = { lineageId: id, sequence: 0 };
    const cases: readonly Revocation[] = [
      { ...entry, kind: 'certificate', serial: first.serial, thumbprint: first.thumbprintText, ...at },
      { ...entry, kind: 'certificate', serial: first.serial, thumbprint: first.thumbprintText, ...at, lineageId: '00' },
      { ...entry, kind: 'certificate', serial: second.serial, thumbprint: second.thumbprintText, ...at, sequence: 1 },
      { ...entry, kind: 'lineage', lineageId: id },
      { ...entry, kind: 'frozen-lineage', lineageId: id },
      { ...entry, kind: 'spiffe-id', spiffeId: AGENT },
    ];
    for (const one of cases)
      expect(result(token, second, 101, { revocations: revoked(one) }), JSON.stringify(one)).to.match(
        /^BINDING_MISMATCH lineage: .* was revoked /,
      );
    expect(result(token, first, 101, { revocations: revoked(cases[4] as Revocation) }), 'exact goes on').to.equal(
      'x5t#S256',
    );
  });

  it('refuses a token without iat: exact only', () => {
    const timeless = tokenFor(first, 90, { iat: undefined });
    expect(result(timeless, second, 101)).to.equal('BINDING_MISMATCH lineage: the token has no iat');
    expect(result(timeless, first, 101)).to.equal('x5t#S256');
  });

  it('lets lineage satisfy x5t#S256 alone: every other member must hold by itself', () => {
    const both = { 'x5t#S256': first.thumbprintText, jkt: first.thumbprintText };
    expect(result(tokenFor(first, 90, { cnf: both }), second, 101)).to.match(/^BINDING_PROOF_ABSENT/);
  });

  it('demands the actor too in mode identity', () => {
    const client = tokenFor(first, 90, { client_id: 'a-client' });
    expect(result(client, second, 101, { mode: 'identity' })).to.match(/^BINDING_ACTOR/);
    expect(result(token, second, 101, { mode: 'identity' })).to.equal('lineage');
  });

  it('enforces it in mode optional, and admits nothing by it in mode report', () => {
    expect(result(token, fifth, 131, { mode: 'optional' })).to.match(/^BINDING_MISMATCH/);
    expect(result(token, fifth, 131, { mode: 'report' })).to.equal('none');
    expect(result(token, fourth, 131, { mode: 'report' })).to.equal('lineage');
  });

  it('accepts the old token on a new connection: one, two and three renewals later', () => {
    expect([second, third, fourth].map((peer) => result(token, peer, 130))).to.deep.equal([
      'lineage',
      'lineage',
      'lineage',
    ]);
    expect(result(token, first, 130)).to.equal('x5t#S256');
  });

  it('accepts what an opted-in issuer says of a client that has no SPIFFE ID', () => {
    const client = tokenFor(first, 90, { client_id: 'a-client', sub: 'a-client' });
    expect(result(client, second, 101)).to.equal('lineage');
  });

  it('names both thumbprints beside the rule that failed', () => {
    const refusal = bind(token, fifth, { mode: 'required', lineage: true, revocations: NO_REVOCATIONS, now: NOW });
    expect(!refusal.ok && refusal.refusal.detail).to.equal(
      `bound to ${first.thumbprintText}, peer ${AGENT} shows ${fifth.thumbprintText}; lineage: not one of 3 predecessors`,
    );
  });
});
