/** What real handshakes and our check of the peer make of bad certificates, in both directions: refused, and the next one is served. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { bitString, constructed, derOf, oid, primitive, raw, unsigned } from '../../../../core/x509/asn1.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { encodeName, type Extension } from '../../../../core/x509/write.ts';
import { recognisePeer } from '../../../../sidecar/identity/peer.ts';
import { clientTlsOptions, serverTlsOptions } from '../../../../sidecar/tls/options.ts';
import { NULL, sequence, signTestAs, type TestScheme } from '../../../kit/asn1-parts.ts';
import { testSnapshot } from '../../../kit/snapshot.ts';
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
  type LeafOptions,
  type TestAuthority,
} from '../../../kit/x509.ts';

const now = epochSeconds(Date.now() / 1000);
const mesh = demand(parseTrustDomain('mesh.example'));
const root = createTestAuthority();
const stranger = createTestAuthority();

/** What one side shows. */
interface Shown {
  readonly key: KeyObject;
  /** Leaf first. */
  readonly chain: readonly Buffer[];
}

const shown = (issuer: TestAuthority, options: LeafOptions = {}, above: readonly TestAuthority[] = []): Shown => {
  const { key, der } = issueTestLeaf(issuer, { now, ...options });
  return { key, chain: [der, ...above.map((one) => one.der)] };
};
/** A sound leaf under an intermediate that is shown with a flaw; some flaws cannot even be parsed. */
function under(change: AuthorityChange): Shown {
  let der: Buffer = Buffer.alloc(0);
  const middle = issueTestAuthority(root, (sound) => {
    der = signTest(change(sound), root.key);
    return sound;
  });
  return shown(middle, {}, [{ ...middle, der }]);
}
const adds =
  (...extensions: readonly Extension[]): AuthorityChange =>
  (sound) =>
    extensions.reduce(withExtension, sound);

/** A chain of authorities, the lowest first. */
function line(length: number): readonly TestAuthority[] {
  const authorities: TestAuthority[] = [];
  while (authorities.length < length)
    authorities.unshift(issueTestAuthority(authorities[0] ?? root, adds(make.basicConstraints({ ca: true }))));
  return authorities;
}

function leafAsIssuer(): Shown {
  const { key, der } = issueTestLeaf(root, { now });
  const certificate = demand(parseCertificate(der));
  const forger: TestAuthority = { key, der, certificate, trustDomain: 'mesh.example' };
  return shown(forger, {}, [forger]);
}

/** Sound but for key or signature. */
function made(key: KeyObject, scheme: TestScheme, issuer: TestAuthority = root, above: readonly Buffer[] = []): Shown {
  return { key, chain: [signTestAs(leafTemplate(issuer, { now }, spkiOf(key)), issuer.key, scheme), ...above] };
}

const ECDSA = { algorithm: sequence(oid('1.2.840.10045.4.3.2')), digest: 'sha256' };
const ec = (namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named'): KeyObject =>
  generateKeyPairSync('ec', { namedCurve, paramEncoding }).privateKey;

/** A leaf under an intermediate that has this key. */
function underKey(key: KeyObject, scheme: TestScheme): Shown {
  const spki = spkiOf(key);
  const { key: _unused, ...plain } = issueTestAuthority(root, (sound) => ({
    ...sound,
    spki,
    extensions: [make.basicConstraints({ ca: true }), make.keyUsage('keyCertSign'), make.subjectKeyId(spki)],
  }));
  const middle: TestAuthority = { ...plain, key };
  return made(testKey(), scheme, middle, [middle.der]);
}

/** A leaf under an intermediate of RSA-16384, with a signature as long as that key: OpenSSL has to do the sum. */
function underGiant(): Shown {
  const rsa = sequence(unsigned(Buffer.alloc(2048, 0xff)), unsigned(Buffer.from([1, 0, 1])));
  const giant = derOf(sequence(sequence(oid('1.2.840.113549.1.1.1'), NULL), bitString(derOf(rsa))));
  const middle = issueTestAuthority(root, (sound) => ({
    ...sound,
    spki: giant,
    extensions: [make.basicConstraints({ ca: true }), make.keyUsage('keyCertSign')],
  }));
  const key = testKey();
  const algorithm = sequence(oid('1.2.840.113549.1.1.11'), NULL);
  const { tbs } = demand(
    parseCertificate(
      signTestAs(leafTemplate(middle, { now }, spkiOf(key)), middle.key, { algorithm, digest: 'sha256' }),
    ),
  );
  const signature = bitString(Buffer.alloc(2048, 0x55));
  return { key, chain: [derOf(sequence(raw(tbs), algorithm, signature)), middle.der] };
}

const excludesUs: Extension = {
  oid: derOf(oid('2.5.29.30')),
  critical: true,
  value: derOf(sequence(constructed(0xa1, [sequence(primitive(0x86, 'mesh.example'))]))),
};
const unknownCritical: Extension = {
  oid: Buffer.from('06032a0304', 'hex'),
  critical: true,
  value: Buffer.from('0500', 'hex'),
};

const ATTACKS: Readonly<Record<string, () => Shown>> = {
  'A-010 a leaf that ended a second ago': () => shown(root, { lifetime: -1 }),
  'A-011 a leaf that begins in a minute': () => shown(root, { now: epochSeconds(Date.now() / 1000 + 120) }),
  'A-012 an intermediate that ended a second ago': () =>
    under((sound) => ({ ...sound, notBefore: epochSeconds(now - 60), notAfter: epochSeconds(now - 1) })),
  'A-023 a leaf as issuer': leafAsIssuer,
  'A-024 a path that is longer than the root allows': () => {
    const [lower, upper] = line(2);
    if (lower === undefined || upper === undefined) throw new Error('no line');
    return shown(lower, {}, [lower, upper]);
  },
  'A-025 a URI that a CA above excludes': () => under(adds(excludesUs)),
  'A-026 an intermediate with an unknown critical extension': () => under(adds(unknownCritical)),
  'A-027 an intermediate with an extension twice': () =>
    under((sound) => ({ ...sound, extensions: [...sound.extensions, make.keyUsage('keyCertSign')] })),
  'A-028 another trust domain under our root': () => shown(root, { trustDomain: 'other.example' }),
  'A-029 our trust domain under another root': () => shown(stranger),
  'A-030 a root of another trust domain that is not in our bundle': () =>
    shown(createTestAuthority('other.example'), { trustDomain: 'mesh.example' }),
  'A-047 a chain of fifty': () => {
    const above = line(49);
    return shown(above[0] ?? root, {}, above);
  },
  'A-048 a certificate of a megabyte': () => shown(root, { dns: ['x'.repeat(1_000_000)] }),
  'A-049 a certificate of 10,000 names': () =>
    shown(root, { dns: Array.from({ length: 10_000 }, (_none, at) => `n${at}.example`) }),
  'A-049 a certificate of 700 names, which TLS lets pass': () =>
    shown(root, { dns: Array.from({ length: 700 }, (_none, at) => `n${at}.example`) }),
  'A-050 an intermediate with a key of RSA-16384': underGiant,
  'A-051 a leaf with a key of RSA-1024': () =>
    made(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, ECDSA),
  'A-051 an intermediate with a key of P-192': () => underKey(ec('prime192v1'), ECDSA),
  'A-051 an intermediate with explicit curve parameters': () => underKey(ec('P-256', 'explicit'), ECDSA),
  'A-051 a leaf signed with SHA-1': () =>
    made(testKey(), { algorithm: sequence(oid('1.2.840.10045.4.1')), digest: 'sha1' }),
  'A-051 a leaf signed with MD5': () =>
    underKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, {
      algorithm: sequence(oid('1.2.840.113549.1.1.4'), NULL),
      digest: 'md5',
    }),
};

describe('hostile chains', () => {
  const ours = testSnapshot(root, now);
  const good = shown(root);
  // At level 0 OpenSSL lets the attacker show what our side must refuse.
  const material = ({ key, chain }: Shown) => ({
    ciphers: 'TLS_AES_128_GCM_SHA256:DEFAULT@SECLEVEL=0',
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    cert: chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
  });

  /** What the side that judges says of the one that shows. */
  function judge(socket: TLSSocket): string {
    const leaf = socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0);
    return verdict(recognisePeer(leaf, mesh, epochSeconds(Date.now() / 1000)));
  }

  async function listen(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Our inbound listener, which outlives all of them. */
  const inbound = createServer(serverTlsOptions(ours));
  let port = 0;
  before(async () => {
    port = await listen(inbound);
  });
  after(() => inbound.close());

  async function showToServer(client: Shown): Promise<string> {
    const answer = new Promise<string>((resolve) => {
      inbound.once('secureConnection', (socket) => resolve(judge(socket)));
      inbound.once('tlsClientError', (cause) => resolve(`TLS: ${cause.message}`));
    });
    const options = { ...clientTlsOptions(ours), ...material(client), checkServerIdentity: () => undefined };
    const socket = connect({ host: '127.0.0.1', port, ...options }).on('error', () => undefined);
    const said = await answer;
    inbound.removeAllListeners('secureConnection').removeAllListeners('tlsClientError');
    socket.destroy();
    return said;
  }

  async function showToClient(upstream: Shown, snapshot = ours): Promise<string> {
    const server = createServer({ ...material(upstream), minVersion: 'TLSv1.3' });
    server.on('tlsClientError', () => undefined);
    const options = { ...clientTlsOptions(snapshot), checkServerIdentity: () => undefined };
    const socket = connect({ host: '127.0.0.1', port: await listen(server), ...options });
    const said = await new Promise<string>((resolve) => {
      socket.once('secureConnect', () => resolve(judge(socket)));
      socket.once('error', (cause) => resolve(`TLS: ${cause.message}`));
    });
    socket.destroy();
    server.close();
    return said;
  }

  const attacks: readonly (readonly [title: string, make: () => Shown])[] = [
    ...Object.entries(ATTACKS),
    ...FLAW_NAMES.map(
      (flaw) =>
        [`${FLAW_IDS[flaw] ?? ''} a leaf with the flaw ${flaw}`.trimStart(), () => shown(root, { flaw })] as const,
    ),
  ];
  for (const [title, make_] of attacks)
    it(`refuses ${title}, from a client and from an upstream, and serves the next one`, async () => {
      const attack = make_();
      expect(await showToServer(attack)).to.match(/^(?:TLS|PEER_[A-Z_]+): /);
      expect(await showToServer(good)).to.equal('ok');
      expect(await showToClient(attack)).to.match(/^(?:TLS|PEER_[A-Z_]+): /);
    });

  it('A-014 refuses a leaf under a root of ours that ended a second ago', async () => {
    const key = testKey();
    const name = encodeName('Past');
    const past = signTest(
      {
        ...leafTemplate(root, { now }, spkiOf(key)),
        issuer: name,
        subject: name,
        notBefore: epochSeconds(now - 60),
        notAfter: epochSeconds(now - 1),
        extensions: [make.basicConstraints({ ca: true }), make.keyUsage('keyCertSign'), make.subjectKeyId(spkiOf(key))],
      },
      key,
    );
    const expired = shown({ key, der: past, certificate: demand(parseCertificate(past)), trustDomain: 'mesh.example' });
    const trusting = { ...ours, roots: [root.der, past] };
    inbound.setSecureContext(serverTlsOptions(trusting));
    expect(await showToServer(expired)).to.match(/^TLS: /);
    expect(await showToClient(expired, trusting)).to.equal('TLS: certificate has expired');
    inbound.setSecureContext(serverTlsOptions(ours));
  });

  it('takes a sound leaf, alone and under an intermediate', async () => {
    const middle = issueTestAuthority(root);
    for (const sound of [good, shown(middle, {}, [middle])]) {
      expect(await showToServer(sound)).to.equal('ok');
      expect(await showToClient(sound)).to.equal('ok');
    }
  });
});
