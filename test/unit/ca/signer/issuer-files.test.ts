import { createPrivateKey, randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { readIssuerFiles, type IssuerPlaces } from '../../../../ca/signer/issuer-files.ts';
import { formatKey, makeKey } from '../../../../ca/signer/key-file.ts';
import { makeRoot } from '../../../../ca/signer/make-root.ts';
import { ISSUER_FILES, openOfflineRoot, writeIssuer } from '../../../../ca/signer/offline-root.ts';
import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { codeOf, MESH, tempFolder, thrownBy } from '../small-ca.ts';

const NOW = epochSeconds(1_800_000_000);
const DAY = 86_400;
const TERMS = { trustDomain: MESH, rootTtl: seconds(100 * DAY), now: NOW, random: randomBytes };

function scene() {
  const folder = tempFolder();
  const issuer = join(folder.path, 'issuer');
  const places: IssuerPlaces = {
    certificate: join(issuer, ISSUER_FILES.certificate),
    key: join(issuer, ISSUER_FILES.key),
    roots: join(issuer, ISSUER_FILES.roots),
  };
  /** The files themselves, behind the links. */
  const data: IssuerPlaces = {
    certificate: join(issuer, '..data', ISSUER_FILES.certificate),
    key: join(issuer, '..data', ISSUER_FILES.key),
    roots: join(issuer, '..data', ISSUER_FILES.roots),
  };
  const root = (name = 'offline') => openOfflineRoot(join(folder.path, name), TERMS).root;
  const write = (order: Partial<Parameters<typeof writeIssuer>[1]> = {}) =>
    writeIssuer(issuer, { ...TERMS, root: order.root ?? root(), ttl: order.ttl ?? seconds(10 * DAY) });
  return {
    folder,
    issuer,
    places,
    data,
    root,
    write,
    read: (now = NOW, trustDomain = MESH) => readIssuerFiles(places, { trustDomain, now }),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const detailOf = (outcome: Outcome<unknown>): string => (outcome.ok ? '' : outcome.refusal.detail);

describe('readIssuerFiles(): what is refused', () => {
  it('A-134 a key that others may read: SIGNER_KEY', async () => {
    using files = scene();
    files.write();
    for (const mode of [0o640, 0o644, 0o604, 0o620, 0o660, 0o777]) {
      chmodSync(files.places.key, mode);
      expect(codeOf(await files.read()), mode.toString(8)).to.equal('SIGNER_KEY');
    }
    chmodSync(files.places.key, 0o400);
    expect(codeOf(await files.read())).to.equal('ok');
  });

  it('A-134 the key of another pair, an encrypted one, a truncated one: SIGNER_KEY', async () => {
    using files = scene();
    files.write();
    const key = makeKey();
    const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
    const texts = [formatKey(key), encrypted, readFileSync(files.data.key, 'utf8').slice(0, 90), ''];
    for (const text of texts) {
      writeFileSync(files.data.key, text);
      const outcome = await files.read();
      expect(codeOf(outcome), text.slice(0, 40)).to.equal('SIGNER_KEY');
      expect(detailOf(outcome)).not.to.include('PRIVATE KEY-----');
    }
  });

  it('A-134 A-135 a file that is missing: CONFIG_FILE', async () => {
    using files = scene();
    files.write();
    for (const path of Object.values(files.data)) {
      const text = readFileSync(path);
      rmSync(path);
      expect(codeOf(await files.read()), path).to.equal('CONFIG_FILE');
      writeFileSync(path, text, { mode: 0o600 });
    }
  });

  it('A-135 roots that the chain does not end at, or that are none: SIGNER_ROOT', async () => {
    using files = scene();
    files.write();
    const stranger = encodePem('CERTIFICATE', createTestAuthority().der);
    const foreign = encodePem('CERTIFICATE', createTestAuthority('other.example').der);
    const leaf = encodePem('CERTIFICATE', issueTestLeaf(createTestAuthority()).der);
    const sound = readFileSync(files.data.roots, 'utf8');
    for (const text of [
      stranger,
      sound + foreign,
      leaf,
      sound + leaf,
      '',
      'x',
      sound.repeat(17),
      formatKey(makeKey()),
    ]) {
      writeFileSync(files.data.roots, text);
      expect(codeOf(await files.read()), text.slice(0, 40)).to.equal('SIGNER_ROOT');
    }
  });

  it('a chain that is empty, too long, out of order, or of a leaf: SIGNER_ROOT', async () => {
    using files = scene();
    files.write();
    const sound = readFileSync(files.data.certificate, 'utf8');
    const root = readFileSync(files.data.roots, 'utf8');
    const leaf = encodePem('CERTIFICATE', issueTestLeaf(createTestAuthority()).der);
    for (const text of ['', 'x', sound.repeat(5), leaf, sound + leaf, formatKey(makeKey())]) {
      writeFileSync(files.data.certificate, text);
      expect(codeOf(await files.read()), text.slice(0, 40)).to.equal('SIGNER_ROOT');
    }
    // The first is the issuer, and the key is not its own.
    for (const text of [root + sound, leaf + sound]) {
      writeFileSync(files.data.certificate, text);
      expect(codeOf(await files.read())).to.equal('SIGNER_KEY');
    }
  });

  it('a root that allows no issuer below it: SIGNER_ROOT', async () => {
    using files = scene();
    const folder = join(files.folder.path, 'flat');
    makeRoot(folder, { trustDomain: MESH, ttl: seconds(DAY), now: NOW, random: randomBytes });
    expect(await thrownBy(() => files.write({ root: files.root('flat') }))).to.equal('SIGNER_ROOT');
    expect(existsSync(files.issuer)).to.equal(false);
  });

  it('another trust domain: SIGNER_ROOT', async () => {
    using files = scene();
    files.write();
    expect(codeOf(await files.read(NOW, demand(parseTrustDomain('other.example'))))).to.equal('SIGNER_ROOT');
  });

  it('A-112 an issuer or a root that is over or has not begun: SIGNER_ROOT', async () => {
    using files = scene();
    files.write();
    for (const now of [NOW - 61, NOW + 10 * DAY + 1, NOW + 101 * DAY])
      expect(codeOf(await files.read(epochSeconds(now))), String(now)).to.equal('SIGNER_ROOT');
    for (const now of [NOW - 60, NOW + 10 * DAY])
      expect(codeOf(await files.read(epochSeconds(now))), String(now)).to.equal('ok');
  });
});

describe('readIssuerFiles(): what is taken', () => {
  it('gives the issuer with its chain, and the first end on the way to the root', async () => {
    using files = scene();
    files.write();
    const { authority, roots } = demand(await files.read());
    expect(authority.above.map(({ serial }) => serial)).to.deep.equal([authority.certificate.serial]);
    expect(authority.root.der.equals(roots[0] ?? Buffer.alloc(0))).to.equal(true);
    expect(authority.endsAt).to.equal(NOW + 10 * DAY);
    expect(authority.certificate.pathLength).to.equal(0);
  });

  it('A-141 reads CRLF, text between the blocks, the root at the end of the chain: the same digest', async () => {
    using files = scene();
    files.write();
    const sound = readFileSync(files.data.certificate, 'utf8');
    const root = readFileSync(files.data.roots, 'utf8');
    const before = demand(await files.read()).authority;
    const texts = [sound.replaceAll('\n', '\r\n'), `${sound}\n\n`, `# issuer\n${sound}# root\n${root}`];
    for (const text of texts) {
      writeFileSync(files.data.certificate, text);
      const { authority } = demand(await files.read());
      expect(authority.certificate.thumbprint.equals(before.certificate.thumbprint)).to.equal(true);
      expect(authority.above).to.have.length(1);
    }
  });

  it('takes a root that signs itself, without a chain', async () => {
    using files = scene();
    files.write();
    cpSync(join(files.folder.path, 'offline', 'root.key'), files.data.key);
    cpSync(join(files.folder.path, 'offline', 'root.pem'), files.data.certificate);
    const { authority } = demand(await files.read());
    expect(authority.above).to.deep.equal([]);
    expect(authority.root.der.equals(authority.certificate.der)).to.equal(true);
  });

  it('takes a key as cert-manager writes it (SEC 1)', async () => {
    using files = scene();
    files.write();
    const sec1 = createPrivateKey(readFileSync(files.data.key)).export({ type: 'sec1', format: 'pem' });
    writeFileSync(files.data.key, sec1);
    expect(codeOf(await files.read())).to.equal('ok');
  });
});

describe('openOfflineRoot() and writeIssuer()', () => {
  it('never makes a root where anything is, and never writes over files of others', async () => {
    using files = scene();
    mkdirSync(join(files.folder.path, 'offline'));
    expect(await thrownBy(() => files.root())).to.equal('SIGNER_ROOT');
    mkdirSync(files.issuer);
    writeFileSync(files.places.key, 'mine');
    expect(await thrownBy(() => files.write({ root: files.root('other') }))).to.equal('EEXIST');
    expect(readFileSync(files.places.key, 'utf8')).to.equal('mine');
    expect(existsSync(files.places.certificate)).to.equal(false);
  });

  it('keeps the keys for their owner alone, and swaps the files by ..data', async () => {
    using files = scene();
    files.write();
    expect(statSync(files.places.key).mode & 0o777).to.equal(0o600);
    expect(statSync(join(files.folder.path, 'offline', 'root.key')).mode & 0o777).to.equal(0o600);
    expect(lstatSync(join(files.issuer, '..data')).isSymbolicLink()).to.equal(true);
    const first = demand(await files.read()).authority;
    files.write();
    const second = demand(await files.read()).authority;
    expect(second.certificate.thumbprint.equals(first.certificate.thumbprint)).to.equal(false);
    expect(second.root.der.equals(first.root.der)).to.equal(true);
  });

  it('keeps the roots that are there beside another one, and never outlives the root', async () => {
    using files = scene();
    files.write();
    expect(files.write({ root: files.root('next'), ttl: seconds(1000 * DAY) })).to.equal(NOW + 100 * DAY);
    const { authority, roots } = demand(await files.read());
    expect(roots).to.have.length(2);
    expect(authority.root.der.equals(files.root('next').certificate.der)).to.equal(true);
  });
});
