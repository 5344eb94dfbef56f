import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../../../core/x509/certificate.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { ANY_PURPOSE, PURPOSE } from '../../../../core/x509/oid.ts';
import { readCandidates, verifyPath, verifySvidPath, type PathRequest } from '../../../../core/x509/path.ts';
import { encodeName, type CertificateTemplate, type Extension } from '../../../../core/x509/write.ts';
import { verdict } from '../../../kit/verdict.ts';
import {
  createTestAuthority,
  FLAW_IDS,
  FLAW_NAMES,
  issueTestAuthority,
  issueTestLeaf,
  leafTemplate,
  signTest,
  spkiOf,
  testKey,
  withExtension,
  type AuthorityChange,
  type TestAuthority,
} from '../../../kit/x509.ts';

/** Ahead of the clock, inside of what the kit issues by default: this file may be loaded long before its tests run. */
const now = epochSeconds(Date.now() / 1000 + 1800);
const mesh = demand(parseTrustDomain('mesh.example'));
const read = (der: Buffer): Certificate => demand(parseCertificate(der));
const leafOf = (issuer: TestAuthority, options: Parameters<typeof issueTestLeaf>[1] = {}): Certificate =>
  read(issueTestLeaf(issuer, { now, ...options }).der);
const adds =
  (...extensions: readonly Extension[]): AuthorityChange =>
  (sound) =>
    extensions.reduce(withExtension, sound);
const named =
  (name: string): AuthorityChange =>
  (sound) => ({ ...sound, subject: encodeName(name) });

/** `root` without a bound on the length of paths. */
const root = selfSigned('Root');
const stranger = createTestAuthority();

function selfSigned(name: string, change: AuthorityChange = (sound) => sound, key = testKey()): TestAuthority {
  const spki = spkiOf(key);
  const sound = leafTemplate(createTestAuthority(), { now }, spki);
  const der = signTest(
    change({
      ...sound,
      issuer: encodeName(name),
      subject: encodeName(name),
      notAfter: epochSeconds(now + 86_400),
      extensions: [make.basicConstraints({ ca: true }), make.keyUsage('keyCertSign'), make.subjectKeyId(spki)],
    }),
    key,
  );
  return { key, der, certificate: read(der), trustDomain: 'mesh.example' };
}

function judge(leaf: Certificate, above: readonly TestAuthority[], rest: Partial<PathRequest> = {}): string {
  const intermediates = above.map(({ certificate }) => certificate);
  const outcome = verifyPath({ leaf, intermediates, roots: [root.certificate], now, purpose: 'svid', ...rest });
  return outcome.ok ? `ok ${outcome.value.length}` : verdict(outcome);
}

describe('verifyPath()', () => {
  const middle = issueTestAuthority(root);
  const leaf = leafOf(middle);

  describe('the way from leaf to root', () => {
    it('A-029 refuses a leaf whose root is not among ours, and where there is none at all', () => {
      const other = issueTestAuthority(stranger);
      expect(judge(leafOf(other), [other])).to.match(
        /^PEER_UNTRUSTED: no issuer of certificate .* \(RFC 5280 6.1.3 a 4/,
      );
      expect(judge(leaf, [middle], { roots: [] })).to.match(/^PEER_UNTRUSTED: no issuer/);
      expect(judge(leaf, [])).to.match(/^PEER_UNTRUSTED: no issuer/);
    });

    it('A-029 refuses a root of the same name and another key, whatever it says of its key identifier', () => {
      const other = selfSigned('Root', adds({ ...make.subjectKeyId(root.certificate.spki) }));
      expect(judge(leaf, [middle], { roots: [other.certificate] })).to.match(
        /is not signed by .* \(RFC 5280 6.1.3 a 1/,
      );
      expect(judge(leaf, [middle], { roots: [selfSigned('Root').certificate] })).to.match(/no issuer of/);
    });

    it('A-023 refuses a leaf as issuer, also one that the bundle holds', () => {
      const key = testKey();
      const der = signTest({ ...leafTemplate(root, { now }, spkiOf(key)), subject: encodeName('Leaf') }, root.key);
      const forger: TestAuthority = { key, der, certificate: read(der), trustDomain: 'mesh.example' };
      const forged = leafOf(forger);
      expect(judge(forged, [forger])).to.match(/^PEER_UNTRUSTED: CA certificate .* is not a CA \(RFC 5280 6.1.4 k/);
      expect(judge(forged, [], { roots: [forger.certificate] })).to.match(/is not a CA/);
      expect(judge(leaf, [], { roots: [leaf] })).to.match(/no issuer/);
    });

    it('refuses a signature with any byte changed, on the leaf and on the way', () => {
      for (const [spoilt, above] of [
        [leaf, [middle]],
        [middle.certificate, []],
      ] as const)
        for (let at = 1; at <= spoilt.signature.length; at += 7) {
          const der = Buffer.from(spoilt.der);
          der.writeUInt8(der.readUInt8(der.length - at) ^ 1, der.length - at);
          const changed = read(der);
          const answer = spoilt === leaf ? judge(changed, above) : judge(leaf, [{ ...middle, certificate: changed }]);
          expect(answer, `byte -${at}`).to.match(/^PEER_UNTRUSTED: certificate .* is not signed by/);
        }
    });

    it('finds the way whatever the order, and past what leads nowhere', () => {
      const lower = issueTestAuthority(middle);
      const end = leafOf(lower);
      const lost = issueTestAuthority(stranger);
      expect(judge(end, [lower, middle])).to.equal('ok 4');
      expect(judge(end, [lost, root, middle, lower, stranger])).to.equal('ok 4');
      expect(judge(leafOf(root), [middle])).to.equal('ok 2');
    });

    it('turns back where one certificate of an intermediate leads nowhere and another does', () => {
      const key = testKey();
      const twin =
        (issuer: TestAuthority): AuthorityChange =>
        (sound) => ({
          ...sound,
          subject: encodeName('Twin'),
          spki: spkiOf(key),
          extensions: [
            make.subjectKeyId(spkiOf(key)),
            make.authorityKeyId(make.keyIdOf(issuer.certificate.spki)),
          ].reduce((all, one) => all.map((had) => (had.oid.equals(one.oid) ? one : had)), sound.extensions),
        });
      const dead = { ...issueTestAuthority(stranger, twin(stranger)), key };
      const alive = { ...issueTestAuthority(middle, twin(middle)), key };
      const end = leafOf(dead);
      for (const order of [
        [dead, alive, middle],
        [middle, alive, dead],
      ])
        expect(judge(end, order)).to.equal('ok 4');
    });
  });

  describe('time', () => {
    it('A-010 A-011 A-013 takes both ends of the leaf and no second more', () => {
      const at = (second: number): string => judge(leaf, [middle], { now: epochSeconds(second) });
      expect(at(leaf.notBefore - 1)).to.match(/^PEER_EXPIRED: not valid before/);
      expect(at(leaf.notAfter + 1)).to.match(/^PEER_EXPIRED: not valid after/);
      expect([at(leaf.notBefore), at(leaf.notAfter)]).to.deep.equal(['ok 3', 'ok 3']);
      expect(at(Number.NaN)).to.match(/^PEER_EXPIRED/);
    });

    it('A-012 A-013 takes both ends of an intermediate, A-014 and of a root, and no second more', () => {
      const window: AuthorityChange = (sound) => ({
        ...sound,
        notBefore: epochSeconds(now - 30),
        notAfter: epochSeconds(now + 30),
      });
      const short = issueTestAuthority(root, window);
      const brief = selfSigned('Brief', (sound) => window(sound));
      for (const [end, above, roots] of [
        [leafOf(short), [short], [root.certificate]],
        [leafOf(brief), [], [brief.certificate]],
      ] as const) {
        const at = (second: number): string => judge(end, above, { roots, now: epochSeconds(second) });
        expect(at(now - 31)).to.match(/^PEER_EXPIRED: CA certificate [0-9a-f]+: not valid before/);
        expect(at(now + 31)).to.match(/^PEER_EXPIRED: CA certificate [0-9a-f]+: not valid after/);
        expect([at(now - 30), at(now + 30)]).to.deep.equal([`ok ${above.length + 2}`, `ok ${above.length + 2}`]);
      }
    });
  });

  describe('what a CA may do', () => {
    const refusals: Readonly<Record<string, readonly [change: AuthorityChange, answer: RegExp]>> = {
      'without the CA bit': [adds(make.basicConstraints({ ca: false })), /is not a CA/],
      'without basicConstraints': [
        (sound) => ({ ...sound, extensions: sound.extensions.filter((_one, at) => at > 0) }),
        /is not a CA/,
      ],
      'without keyUsage': [
        (sound) => ({ ...sound, extensions: sound.extensions.filter((_one, at) => at !== 1) }),
        /may not sign certificates \(RFC 5280 6.1.4 n/,
      ],
      'that may sign lists only': [adds(make.keyUsage('cRLSign')), /may not sign certificates/],
      'for another purpose': [
        adds(make.extendedKeyUsage('1.3.6.1.5.5.7.3.3')),
        /may not vouch for the purpose serverAuth/,
      ],
      'A-015 for servers only': [
        adds(make.extendedKeyUsage(PURPOSE.serverAuth)),
        /may not vouch for the purpose clientAuth \(RFC 5280 4.2.1.12/,
      ],
      'A-024 that allows no CA below, with one below': [
        adds(make.basicConstraints({ ca: true, pathLength: 0 })),
        /allows a path of 0, it has 1/,
      ],
    };
    for (const [title, [change, answer]] of Object.entries(refusals))
      it(`refuses an intermediate ${title}`, () => {
        const upper = issueTestAuthority(root, change);
        const lower = issueTestAuthority(upper);
        expect(judge(leafOf(lower), [lower, upper]))
          .to.match(answer)
          .and.match(/^PEER_UNTRUSTED/);
      });

    it('A-024 holds a root to its path length', () => {
      const tight = selfSigned('Tight', adds(make.basicConstraints({ ca: true, pathLength: 0 })));
      const below = issueTestAuthority(tight);
      const roots = [tight.certificate];
      expect(judge(leafOf(below), [below], { roots })).to.include('allows a path of 0, it has 1 (RFC 5280 6.1.4 m)');
      expect(judge(leafOf(tight), [], { roots })).to.equal('ok 2');
    });

    it('A-024 does not count what is self-issued', () => {
      const upper = issueTestAuthority(root, (sound) =>
        adds(make.basicConstraints({ ca: true, pathLength: 0 }))(named('Rollover')(sound)),
      );
      const renewed = issueTestAuthority(upper, named('Rollover'));
      expect(judge(leafOf(renewed), [renewed, upper])).to.equal('ok 4');
    });

    it('refuses a root or intermediate without a name', () => {
      const nameless = selfSigned('x', (sound) => ({ ...sound, subject: Buffer.from('3000', 'hex') }));
      expect(judge(leafOf(nameless), [], { roots: [nameless.certificate] })).to.match(
        /has an empty subject \(RFC 5280 4.1.2.6/,
      );
    });

    it('takes an intermediate for any purpose, and does not ask where no purpose is asked', () => {
      const any = issueTestAuthority(root, adds(make.extendedKeyUsage(ANY_PURPOSE)));
      const none = issueTestAuthority(root, adds(make.extendedKeyUsage('1.3.6.1.5.5.7.3.3')));
      const narrow = selfSigned('Narrow', adds(make.extendedKeyUsage('1.3.6.1.5.5.7.3.3')));
      expect(judge(leafOf(narrow), [], { roots: [narrow.certificate] }), 'a root is trusted as it is').to.equal('ok 2');
      expect(judge(leafOf(any), [any])).to.equal('ok 3');
      const request = { leaf: leafOf(none), intermediates: [none.certificate], roots: [root.certificate], now };
      expect(verdict(verifyPath(request))).to.equal('ok');
      expect(verdict(verifyPath({ ...request, purpose: 'clientAuth' }))).to.match(/purpose clientAuth/);
    });

    it('takes the serial number zero from a root, and from nothing else', () => {
      const zero = (sound: CertificateTemplate): CertificateTemplate => ({ ...sound, serial: Buffer.from([0]) });
      const old = selfSigned('Old', zero);
      expect(judge(leafOf(old), [], { roots: [old.certificate] })).to.equal('ok 2');
      const renewed = issueTestAuthority(old, (sound) => zero(named('Old')(sound)));
      expect(judge(leafOf(renewed), [renewed], { roots: [old.certificate] })).to.include('the serial number zero');
      expect(() => issueTestAuthority(old, zero)).to.throw('serial number is not positive');
    });

    it('A-026 A-027 goes past an intermediate or root that cannot be read', () => {
      const strange = signTest(
        withExtension(leafTemplate(root, { now }, spkiOf(testKey())), {
          oid: Buffer.from('06032a0304', 'hex'),
          critical: true,
          value: Buffer.from('0500', 'hex'),
        }),
        root.key,
      );
      const doubled = issueTestLeaf(root, { flaw: 'duplicate-extension' }).der;
      const readable = readCandidates([strange, doubled, Buffer.from('no'), middle.der]);
      expect(readable.map(({ serial }) => serial)).to.deep.equal([middle.certificate.serial]);
    });
  });

  describe('what a leaf may be', () => {
    it('A-015 A-016 A-017 refuses the wrong purpose, none, and every purpose', () => {
      for (const [flaw, answer] of [
        ['server-only', /lacks the purpose clientAuth \(RFC 5280 4.2.1.12/],
        ['client-only', /lacks the purpose serverAuth/],
        ['no-eku', /lacks the purpose serverAuth/],
        ['any-eku', /is for any purpose/],
      ] as const)
        expect(judge(leafOf(middle, { flaw }), [middle]), flaw)
          .to.match(answer)
          .and.match(/^PEER_NOT_SVID/);
      const server = { purpose: 'serverAuth' } as const;
      expect(judge(leafOf(middle, { flaw: 'server-only' }), [middle], server)).to.equal('ok 3');
      expect(judge(leafOf(middle, { flaw: 'client-only' }), [middle], server)).to.match(/lacks the purpose serverAuth/);
    });

    it('A-018 A-019 A-020 A-021 refuses a CA, a signer of certificates or lists, and who may not sign', () => {
      for (const [flaw, answer] of [
        ['ca', /leaf is a CA/],
        ['key-cert-sign', /leaf may sign certificates/],
        ['crl-sign', /leaf may sign revocation lists/],
        ['no-digital-signature', /leaf may not sign/],
        ['no-names', /leaf has no alternative name/],
        ['names-not-critical', /leaf has an empty subject/],
      ] as const)
        expect(judge(leafOf(middle, { flaw }), [middle]), flaw)
          .to.match(answer)
          .and.match(/^PEER_NOT_SVID/);
    });

    it('refuses a leaf that does not name the key of its issuer', () => {
      const template = leafTemplate(root, { now }, spkiOf(testKey()));
      const bare = read(signTest({ ...template, extensions: template.extensions.slice(0, 5) }, root.key));
      expect(judge(bare, [])).to.equal('PEER_NOT_SVID: leaf has no authorityKeyIdentifier (RFC 5280 4.2.1.1)');
    });
  });

  describe('limits', () => {
    /** A chain of authorities, each under the one before it. */
    const line = (length: number): readonly TestAuthority[] => {
      const authorities = [root];
      while (authorities.length <= length) authorities.push(issueTestAuthority(authorities.at(-1) ?? root));
      return authorities.slice(1);
    };

    it('A-047 takes a path of eight certificates, refuses nine, and a chain of fifty', () => {
      for (const [length, answer] of [
        [6, 'ok 8'],
        [7, 'PEER_UNTRUSTED: path of more than 8 certificates'],
        [48, 'PEER_UNTRUSTED: path of more than 8 certificates'],
      ] as const) {
        const above = line(length);
        expect(judge(leafOf(above.at(-1) ?? root), above)).to.equal(answer);
      }
    });

    it('A-047 goes in no circle: two CAs that signed each other, and one that signed itself', () => {
      const [one, two] = [testKey(), testKey()];
      const cross = (key: typeof one, name: string, by: typeof one, byName: string): TestAuthority => {
        const issuer = selfSigned(byName, undefined, by);
        const der = issueTestAuthority(issuer, (sound) => ({
          ...sound,
          subject: encodeName(name),
          spki: spkiOf(key),
          extensions: sound.extensions.map((had) =>
            had.oid.equals(make.subjectKeyId(spkiOf(key)).oid) ? make.subjectKeyId(spkiOf(key)) : had,
          ),
        })).der;
        return { key, der, certificate: read(der), trustDomain: 'mesh.example' };
      };
      const a = cross(one, 'A', two, 'B');
      const b = cross(two, 'B', one, 'A');
      expect(judge(leafOf(a), [a, b])).to.match(/^PEER_UNTRUSTED: no issuer/);
      const self = selfSigned('Self');
      expect(judge(leafOf(self), [self, self])).to.match(/^PEER_UNTRUSTED: no issuer/);
    });

    it('A-047 F-28 stops after sixteen signatures where every candidate looks like the issuer', () => {
      const alike: AuthorityChange = (sound) => ({
        ...named('Alike')(sound),
        extensions: sound.extensions.slice(0, 2),
      });
      const above = Array.from({ length: 100 }, () => selfSigned('Alike', alike));
      const last = above.at(-1) ?? root;
      const answer = 'PEER_UNTRUSTED: no path to a root within 16 signature checks';
      expect(judge(leafOf(last), above)).to.equal(answer);
      expect(judge(leafOf(above[5] ?? root), above, { roots: [last.certificate] })).to.equal(answer);
    });

    it('A-047 refuses more than 128 intermediates unseen', () => {
      const above = Array.from({ length: 129 }, () => middle);
      expect(judge(leaf, above)).to.equal('PEER_UNTRUSTED: 129 intermediates, at most 128');
      expect(judge(leaf, above.slice(1))).to.equal('ok 3');
    });

    it('A-048 A-049 reads no certificate of a megabyte, nor one of 10,000 names, as leaf or on the way', () => {
      const names = Array.from({ length: 10_000 }, (_none, at) => `n${at}.example`);
      const wide = issueTestLeaf(root, { now, dns: names }).der;
      const huge = issueTestLeaf(root, { now, dns: ['x'.repeat(1_000_000)] }).der;
      for (const der of [wide, huge]) {
        expect(verdict(parseCertificate(der))).to.match(/^PEER_NOT_SVID: [0-9]+ bytes, at most 8192/);
        expect(readCandidates([der])).to.deep.equal([]);
      }
    });
  });
});

describe('verifySvidPath()', () => {
  const authority = createTestAuthority();
  const ask = (
    leaf: Certificate,
    roots: readonly Certificate[] = [authority.certificate],
    trustDomain = mesh,
  ): string => {
    const outcome = verifySvidPath({ leaf, intermediates: [], roots, now, trustDomain });
    return outcome.ok ? outcome.value.uri : verdict(outcome);
  };

  for (const flaw of FLAW_NAMES)
    it(`${FLAW_IDS[flaw] ?? ''} refuses a leaf with the flaw ${flaw}`.trimStart(), () => {
      const parsed = parseCertificate(issueTestLeaf(authority, { flaw }).der);
      expect(parsed.ok ? ask(parsed.value) : verdict(parsed)).to.match(/^PEER_(?:NOT_SVID|TRUST_DOMAIN|EXPIRED)/);
    });

  it('A-028 refuses another trust domain under the right root, A-029 and the right one under another root', () => {
    expect(ask(leafOf(authority, { trustDomain: 'other.example' }))).to.match(/^PEER_TRUST_DOMAIN/);
    expect(ask(leafOf(stranger))).to.match(/^PEER_UNTRUSTED/);
  });

  it('A-030 refuses the root of another trust domain for ours, even if it stands in the bundle', () => {
    const federated = createTestAuthority('other.example');
    const leaf = leafOf(federated, { trustDomain: 'mesh.example' });
    expect(ask(leaf, [federated.certificate])).to.match(/^PEER_TRUST_DOMAIN: trust domain other.example/);
  });

  it('gives the ID of a leaf that has a path', () => {
    expect(ask(leafOf(authority))).to.equal('spiffe://mesh.example/ns/shop/sa/agent');
  });
});
