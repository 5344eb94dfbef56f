import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { constructed, derOf, oid, primitive, raw, unsigned, type Asn1 } from '../../../../core/x509/asn1.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { verifyPath } from '../../../../core/x509/path.ts';
import { encodeName, type Extension } from '../../../../core/x509/write.ts';
import { sequence, set } from '../../../kit/asn1-parts.ts';
import { verdict } from '../../../kit/verdict.ts';
import {
  createTestAuthority,
  generalNames,
  issueTestAuthority,
  leafTemplate,
  signTest,
  spkiOf,
  testKey,
  withExtension,
} from '../../../kit/x509.ts';

type GeneralName = readonly [tag: number, content: string | Buffer];
const [EMAIL, DNS, DIRECTORY, URI, IP, REGISTERED] = [0x81, 0x82, 0xa4, 0x86, 0x87, 0x88];

/** Ahead of the clock, inside of what the kit issues by default: this file may be loaded long before its tests run. */
const now = epochSeconds(Date.now() / 1000 + 1800);
const root = createTestAuthority();
const leafKey = spkiOf(testKey());

const tree = ([tag, content]: GeneralName): Asn1 => sequence(primitive(tag, content));
const subtrees = (tag: number, names: readonly GeneralName[]): readonly Asn1[] =>
  names.length === 0 ? [] : [constructed(tag, names.map(tree))];

function constraints(value: Asn1, critical = true): Extension {
  return { oid: derOf(oid('2.5.29.30')), critical, value: derOf(value) };
}

interface Question {
  readonly permitted?: readonly GeneralName[];
  readonly excluded?: readonly GeneralName[];
  /** In place of the two. */
  readonly extension?: Extension;
  readonly names: readonly GeneralName[];
  readonly subject?: Buffer;
}

/** A leaf with these names under a CA with these constraints under the root. */
function ask({ permitted = [], excluded = [], extension, names, subject }: Question): string {
  const value = sequence(...subtrees(0xa0, permitted), ...subtrees(0xa1, excluded));
  const middle = issueTestAuthority(root, (sound) => withExtension(sound, extension ?? constraints(value)));
  const template = withExtension(leafTemplate(middle, { now }, leafKey), generalNames(...names));
  const leaf = demand(parseCertificate(signTest({ ...template, subject: subject ?? template.subject }, middle.key)));
  const roots = [root.certificate];
  const answer = verdict(verifyPath({ leaf, intermediates: [middle.certificate], roots, now, purpose: 'svid' }));
  return answer.replace(/[0-9a-f]{30,32}/g, '#');
}

const HERE: GeneralName = [URI, 'spiffe://mesh.example/ns/shop/sa/agent'];
const NOT_PERMITTED =
  'PEER_UNTRUSTED: CA certificate #: certificate # has a name that is not permitted (RFC 5280 6.1.3 b)';
const EXCLUDED = 'PEER_UNTRUSTED: CA certificate #: certificate # has an excluded name (RFC 5280 6.1.3 c)';
const wrong = (text: string): string => `PEER_UNTRUSTED: CA certificate #: ${text}`;

/** What a name is under one constraint: permitted alone, and excluded alone. */
const TABLE: readonly (readonly [kind: string, base: GeneralName, name: GeneralName, isWithin: boolean])[] = [
  ['A-025 URI of the host', [URI, 'mesh.example'], HERE, true],
  ['A-025 URI of another host', [URI, 'other.example'], HERE, false],
  ['A-025 URI of a host below', [URI, 'mesh.example'], [URI, 'spiffe://a.mesh.example/x'], false],
  ['A-025 URI below a dot', [URI, '.example'], HERE, true],
  ['A-025 URI with the host as a part', [URI, 'esh.example'], HERE, false],
  ['A-025 URI in capitals', [URI, 'MESH.example'], [URI, 'https://u@Mesh.Example:8443/x'], true],
  ['A-025 URI under nothing at all', [URI, ''], HERE, true],
  ['DNS of the host', [DNS, 'example.com'], [DNS, 'example.com'], true],
  ['DNS below', [DNS, 'example.com'], [DNS, 'A.B.Example.com'], true],
  ['DNS beside', [DNS, 'example.com'], [DNS, 'not-example.com'], false],
  ['DNS above', [DNS, 'a.example.com'], [DNS, 'example.com'], false],
  ['DNS below a dot', [DNS, '.example.com'], [DNS, 'a.example.com'], true],
  ['DNS at a dot', [DNS, '.example.com'], [DNS, 'example.com'], false],
  ['DNS wildcard below', [DNS, 'example.com'], [DNS, '*.a.example.com'], true],
  ['DNS under nothing at all', [DNS, ''], [DNS, 'a_b.example'], true],
  ['mailbox', [EMAIL, 'foo@example.com'], [EMAIL, 'foo@Example.com'], true],
  ['mailbox in other letters', [EMAIL, 'foo@example.com'], [EMAIL, 'Foo@example.com'], false],
  ['mailbox with an asterisk', [EMAIL, '*@example.com'], [EMAIL, 'foo@example.com'], false],
  ['mailbox at the host', [EMAIL, 'example.com'], [EMAIL, 'foo@example.com'], true],
  ['mailbox at a host below', [EMAIL, 'example.com'], [EMAIL, 'foo@a.example.com'], false],
  ['mailbox below a dot', [EMAIL, '.example.com'], [EMAIL, 'foo@a.example.com'], true],
  ['IPv4 in the network', [IP, hex('c0000200ffffff00')], [IP, hex('c00002ff')], true],
  ['IPv4 outside', [IP, hex('c0000200ffffff00')], [IP, hex('c00003ff')], false],
  ['IPv6 under an IPv4 network', [IP, hex('0000000000000000')], [IP, Buffer.alloc(16)], false],
  [
    'IPv6 in the network',
    [IP, Buffer.concat([Buffer.alloc(16), Buffer.alloc(16, 0xf0)])],
    [IP, Buffer.alloc(16, 0x0f)],
    true,
  ],
  ['directory name', [DIRECTORY, encodeName('foo')], [DIRECTORY, encodeName('foo')], true],
  [
    'directory name in other letters and spaces',
    [DIRECTORY, encodeName('Foo Bar')],
    [DIRECTORY, encodeName(' foo  bar')],
    true,
  ],
  ['directory name that only begins so', [DIRECTORY, encodeName('foo')], [DIRECTORY, encodeName('foobar')], false],
  ['directory name under nothing at all', [DIRECTORY, hex('3000')], [DIRECTORY, encodeName('foo')], true],
];

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

describe('checkNameConstraints()', () => {
  for (const [kind, base, name, isWithin] of TABLE)
    it(`holds to a constraint: ${kind}`, () => {
      expect(ask({ permitted: [base], names: [name] })).to.equal(isWithin ? 'ok' : NOT_PERMITTED);
      expect(ask({ excluded: [base], names: [name] })).to.equal(isWithin ? EXCLUDED : 'ok');
    });

  it('A-025 lets exclusion win, and asks that every name be within', () => {
    const base: GeneralName = [URI, 'mesh.example'];
    expect(ask({ permitted: [base], excluded: [base], names: [HERE] })).to.equal(EXCLUDED);
    expect(ask({ permitted: [base], names: [HERE, [URI, 'spiffe://other.example/x']] })).to.equal(NOT_PERMITTED);
    expect(ask({ permitted: [[URI, 'other.example'], base], names: [HERE] })).to.equal('ok');
  });

  it('excludes a wildcard that may stand for an excluded name (CVE-2025-61727), and permits none by that', () => {
    const [base, name]: GeneralName[] = [
      [DNS, 'bar.example.com'],
      [DNS, '*.example.com'],
    ];
    if (base === undefined || name === undefined) throw new Error('no names');
    expect(ask({ excluded: [base], names: [name] })).to.equal(EXCLUDED);
    expect(ask({ permitted: [base], names: [name] })).to.equal(NOT_PERMITTED);
  });

  it('leaves names of other kinds alone', () => {
    expect(ask({ permitted: [[DNS, 'example.com']], excluded: [[EMAIL, 'example.com']], names: [HERE] })).to.equal(
      'ok',
    );
    expect(ask({ permitted: [[REGISTERED, hex('2a03')]], names: [HERE] })).to.equal('ok');
  });

  it('refuses a constraint on a kind of name that we cannot compare', () => {
    for (const list of ['permitted', 'excluded'])
      expect(ask({ [list]: [[REGISTERED, hex('2a03')]], names: [HERE, [REGISTERED, hex('2a03')]] })).to.equal(
        wrong('constraint on a kind of name without rules of ours (RFC 5280 4.2.1.10)'),
      );
  });

  it('refuses a name that cannot be held to a constraint, whichever list it is in', () => {
    for (const [base, name, text] of [
      [[DNS, 'example.com'], [DNS, '.example.com'], 'name that is no host'],
      [[DNS, 'example.com'], [DNS, 'a..example.com'], 'name that is no host'],
      [[DNS, 'example.com'], [DNS, 'a.*.example.com'], 'name that is no host'],
      [[DNS, 'example.com'], [DNS, ''], 'name that is no host'],
      [[EMAIL, 'example.com'], [EMAIL, 'a@b@example.com'], 'e-mail address without exactly one mailbox'],
      [[EMAIL, 'example.com'], [EMAIL, '@example.com'], 'e-mail address without exactly one mailbox'],
      [[URI, 'mesh.example'], [URI, 'urn:x'], 'URI without a host name (RFC 5280 4.2.1.10)'],
      [[URI, 'mesh.example'], [URI, 'spiffe:///x'], 'URI without a host name (RFC 5280 4.2.1.10)'],
      [[URI, 'mesh.example'], [URI, 'https://192.0.2.1/'], 'URI without a host name (RFC 5280 4.2.1.10)'],
      [[URI, 'mesh.example'], [URI, 'https://[::1]/'], 'URI without a host name (RFC 5280 4.2.1.10)'],
      [[IP, hex('c0000200ffffff00')], [IP, hex('c0000200ffffff00')], 'IP address of neither 4 nor 16 bytes'],
    ] as const)
      for (const list of ['permitted', 'excluded'])
        expect(ask({ [list]: [base], names: [name] }), `${list} ${name[1].toString()}`).to.equal(wrong(text));
  });

  it('refuses a malformed constraint, even where there is nothing to hold it against', () => {
    for (const [base, text] of [
      [[DNS, '*.example.com'], 'name that is no host'],
      [[URI, 'https://mesh.example'], 'name that is no host'],
      [[EMAIL, 'a@b@example.com'], 'e-mail address without exactly one mailbox'],
      [[IP, hex('c0000200')], 'IP constraint of neither 8 nor 32 bytes'],
    ] as const)
      expect(ask({ excluded: [base], names: [[REGISTERED, hex('2a03')]] })).to.equal(wrong(text));
  });

  it('refuses constraints that are not critical, empty, or with bounds', () => {
    const permitted = constructed(0xa0, [tree([URI, 'mesh.example'])]);
    const names = [HERE];
    expect(ask({ extension: constraints(sequence(permitted), false), names })).to.equal(
      wrong('name constraints that are not critical (RFC 5280 4.2.1.10)'),
    );
    expect(ask({ extension: constraints(sequence()), names })).to.include('empty name constraints');
    const minimum = sequence(primitive(URI, 'mesh.example'), primitive(0x80, Buffer.from([0])));
    expect(ask({ extension: constraints(sequence(constructed(0xa0, [minimum]))), names })).to.include(
      'bytes left over',
    );
    expect(ask({ extension: constraints(sequence(constructed(0xa0, []))), names })).to.include('ends too early');
    expect(ask({ extension: constraints(sequence(permitted, unsigned(Buffer.from([1])))), names })).to.include(
      'left over',
    );
  });

  it('holds the subject to constraints on directory names and the e-mail addresses in it', () => {
    const attribute = (type: string, text: string): Asn1 => set(sequence(oid(type), primitive(0x16, text)));
    const subject = derOf(sequence(attribute('2.5.4.3', 'x'), attribute('1.2.840.113549.1.9.1', 'a@example.com')));
    const names = [HERE];
    expect(ask({ excluded: [[DIRECTORY, encodeName('X')]], names, subject })).to.equal(EXCLUDED);
    expect(ask({ permitted: [[DIRECTORY, encodeName('y')]], names, subject })).to.equal(NOT_PERMITTED);
    expect(ask({ excluded: [[EMAIL, 'example.com']], names, subject })).to.equal(EXCLUDED);
    expect(
      ask({
        permitted: [
          [EMAIL, 'example.com'],
          [DIRECTORY, encodeName('x')],
        ],
        names,
        subject,
      }),
    ).to.equal('ok');
    const several = derOf(
      sequence(constructed(0x31, [raw(hex('300806035504030c0141')), raw(hex('300806035504030c0142'))])),
    );
    expect(ask({ excluded: [[DIRECTORY, several]], names, subject: several })).to.equal(EXCLUDED);
  });

  it('A-025 binds an intermediate too, unless it is self-issued, and the leaf always', () => {
    const excludes = constraints(sequence(...subtrees(0xa1, [[DNS, 'example.com']])));
    const upper = issueTestAuthority(root, (sound) => withExtension(sound, excludes));
    const named = generalNames([DNS, 'a.example.com']);
    const lower = (subject: Buffer | undefined): string => {
      const middle = issueTestAuthority(upper, (sound) =>
        withExtension({ ...sound, subject: subject ?? sound.subject }, { ...named, critical: false }),
      );
      const leaf = demand(parseCertificate(signTest(leafTemplate(middle, { now }, leafKey), middle.key)));
      const wide = { leaf, intermediates: [middle.certificate], roots: [upper.certificate], now };
      return verdict(verifyPath(wide)).replace(/[0-9a-f]{30,32}/g, '#');
    };
    expect(lower(undefined)).to.equal(EXCLUDED);
    expect(lower(upper.certificate.subject)).to.equal('ok');
  });

  it('F-28 compares no more than 16,384 times', () => {
    const many = (count: number): readonly GeneralName[] => Array.from({ length: count }, () => [DNS, 'a.b']);
    expect(ask({ permitted: many(200), names: many(81) })).to.equal('ok');
    expect(ask({ permitted: many(200), names: many(82) })).to.equal(wrong('more than 16384 comparisons of names'));
  });
});
