/** Who is on the connection: a path to a root of the trust domain, and the rules of X.509-SVID. A refusal here may end the connection. */
import * as make from '../../../../core/x509/extensions.ts';
import { encodeName } from '../../../../core/x509/write.ts';
import { generalNames, spkiOf, type TestAuthority, withExtension } from '../../../kit/x509.ts';
import { AGENT_PATH, createAuthority, issueIntermediate, issueLeaf, type LeafWishes, NOW } from '../authority.ts';
import { bad, type Definition, good, type Input, type Reason, TOLD, type Topic } from '../definition.ts';
import { AGENT, type World } from '../world.ts';

const svid: Reason = { flag: 'SVID', clause: 'X.509-SVID 4', code: 'PEER_NOT_SVID', told: TOLD.connection };
const path: Reason = { flag: 'Path', clause: 'RFC 5280 6.1', code: 'PEER_UNTRUSTED', told: TOLD.connection };
const time: Reason = { flag: 'Validity', clause: 'RFC 5280 4.1.2.5', code: 'PEER_EXPIRED', told: TOLD.connection };
const URI = 0x86;
const DNS = 0x82;

export function certificatesTopic(world: World): Topic {
  const { root } = world;
  /** A token that is bound to just this leaf, so that nothing but the certificate is wrong. */
  const of = (wishes: LeafWishes, authority = root): Input => {
    const leaf = issueLeaf(authority, wishes);
    return { token: world.token({ claims: { cnf: { 'x5t#S256': leaf.x5t } } }), chain: [leaf.der] };
  };
  const ca = issueIntermediate(root);
  const below = issueLeaf(ca);
  const lookalike = createAuthority('example.org');
  const both = {
    bundles: {
      'example.org': [root.der.toString('base64')],
      'other.example': [world.foreignRoot.der.toString('base64')],
    },
  };
  return {
    topic: 'certificates',
    settings: { strict: world.settings(), two: world.settings({}, both) },
    cases: [
      good('a sound leaf', 'X.509-SVID 5', 'x5t#S256', of({})),
      good('the last second of the leaf', 'RFC 5280 4.1.2.5', 'x5t#S256', of({ issuedAt: NOW - 600, lifetime: 600 })),
      bad(time, 'a second after the end', of({ issuedAt: NOW - 600, lifetime: 599 })),
      good('the first second of the leaf', 'RFC 5280 4.1.2.5', 'x5t#S256', of({ issuedAt: NOW + 60 })),
      bad(time, 'a second before the beginning', of({ issuedAt: NOW + 61 })),
      bad(path, 'another root with the same name', of({}, lookalike)),
      bad(
        { ...path, flag: 'TrustDomain', code: 'PEER_TRUST_DOMAIN' },
        'a root of another trust domain that is not trusted',
        of({}, world.foreignRoot),
      ),
      bad({ ...path, flag: 'TrustDomain' }, 'a trusted root signs for another trust domain', {
        settings: 'two',
        ...of({ change: (sound) => withExtension(sound, generalNames([URI, AGENT])) }, world.foreignRoot),
      }),
      bad(path, 'an intermediate that was not sent', {
        token: world.token({ claims: { cnf: { 'x5t#S256': below.x5t } } }),
        chain: [below.der],
      }),
      bad(path, 'signed by a leaf', of({}, { ...root, key: world.agent.key })),
      ...flaws(of, world),
    ],
  };
}

function flaws(
  of: (wishes: LeafWishes, authority?: TestAuthority) => Input,
  { root, agent }: World,
): readonly Definition[] {
  const names = (...list: readonly (readonly [tag: number, content: string])[]) =>
    of({ change: (sound) => withExtension(sound, generalNames(...list)) });
  const added = (extension: ReturnType<typeof make.keyUsage>) =>
    of({ change: (sound) => withExtension(sound, extension) });
  return [
    bad({ ...svid, flag: 'TwoNames' }, 'two URIs', names([URI, AGENT], [URI, 'spiffe://example.org/ns/shop/sa/other'])),
    bad(svid, 'no URI', names([DNS, 'agent.shop.svc'])),
    bad(
      { ...svid, flag: 'JoinedText', clause: 'CVE-2021-44532' },
      'a DNS name that reads like a URI when joined to text',
      names([DNS, `x, URI:${AGENT}`]),
    ),
    bad({ ...svid, clause: 'SPIFFE-ID 2' }, 'an ID without a path', names([URI, 'spiffe://example.org'])),
    bad({ ...svid, clause: 'SPIFFE-ID 2' }, 'an ID with a query', names([URI, `${AGENT}?x`])),
    bad(
      { ...svid, clause: 'SPIFFE-ID 2' },
      'an ID with an empty segment',
      names([URI, 'spiffe://example.org/ns//sa/agent']),
    ),
    bad(
      { ...svid, clause: 'SPIFFE-ID 2' },
      'an ID with a dot segment',
      names([URI, 'spiffe://example.org/ns/shop/../sa/agent']),
    ),
    bad({ ...svid, clause: 'SPIFFE-ID 2' }, 'another scheme', names([URI, `https://example.org${AGENT_PATH}`])),
    bad(
      { ...svid, flag: 'NameInSubject' },
      'the ID in the subject alone',
      of({
        change: (sound) => ({
          ...sound,
          subject: encodeName(AGENT),
          extensions: sound.extensions.filter((one) => !one.oid.equals(generalNames().oid)),
        }),
      }),
    ),
    bad({ ...svid, flag: 'CA' }, 'the leaf is a CA', added(make.basicConstraints({ ca: true }))),
    bad({ ...svid, flag: 'KeyUsage' }, 'keyCertSign', added(make.keyUsage('digitalSignature', 'keyCertSign'))),
    bad({ ...svid, flag: 'KeyUsage' }, 'no digitalSignature', added(make.keyUsage('keyAgreement'))),
    bad(
      { ...svid, flag: 'Purpose', clause: 'X.509-SVID 4.4' },
      'for servers only',
      added(make.extendedKeyUsage('1.3.6.1.5.5.7.3.1')),
    ),
    bad(
      { ...svid, flag: 'Critical', clause: 'RFC 5280 4.2' },
      'an unknown critical extension',
      added({ oid: Buffer.from('06032a0304', 'hex'), critical: true, value: Buffer.from('0500', 'hex') }),
    ),
    bad(
      { ...path, flag: 'OwnKey' },
      'self-signed with the right names',
      of({}, { ...root, key: agent.key, certificate: { ...root.certificate, spki: spkiOf(agent.key) } }),
    ),
  ];
}
