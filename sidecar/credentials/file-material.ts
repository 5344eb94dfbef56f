/**
 * From the text of three PEM files to a snapshot that can be served with, or a reason why not. A torn state (a new key
 * beside an old certificate, a chain that the bundle does not know yet) never passes. Reads nothing, never quotes a file.
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { decodePem, type PemBlock } from '../../core/x509/pem.ts';
import { isSameList } from './adopt.ts';
import type { FileContents } from './files.ts';
import { checkOwnCertificate } from './own-certificate.ts';
import type { Snapshot } from './snapshot.ts';

export interface Material {
  /** Secret. */
  readonly key: KeyObject;
  /** DER, leaf first, without the root. */
  readonly chain: readonly Buffer[];
  /** DER of the trusted roots. */
  readonly roots: readonly Buffer[];
}

/** What material is judged against. */
export interface Standing {
  readonly trustDomain: TrustDomain;
  readonly previous: Snapshot | undefined;
  readonly now: EpochSeconds;
}

const MOST_CERTIFICATES = 8;
const MOST_ROOTS = 16;

/** Key, ordered chain and roots. The leaf is the one certificate that is for the key, wherever in the file it stands.
 *  Refuses: RENEW_FILES, naming the file's part and the rule. */
export function parseMaterial(contents: FileContents): Outcome<Material> {
  const key = readKey(contents.key);
  if (!key.ok) return key;
  const certificates = readCertificates(contents.certificate, 'certificate', MOST_CERTIFICATES);
  if (!certificates.ok) return certificates;
  const roots = readCertificates(contents.bundle, 'bundle', MOST_ROOTS);
  if (!roots.ok) return roots;
  const chain = orderChain(certificates.value, key.value);
  return chain.ok ? admit({ key: key.value, chain: chain.value, roots: roots.value.map(derOf) }) : chain;
}

/** The next generation, or the same snapshot if nothing changed and it is still good.
 *  Refuses: RENEW_FILES, with the rule. */
export function adoptMaterial({ key, chain, roots }: Material, standing: Standing): Outcome<Snapshot> {
  const { previous } = standing;
  const own = checkOwnCertificate({ key, chain, roots, ...standing });
  if (!own.ok) return refuse('RENEW_FILES', own.refusal.detail);
  const { leaf, id } = own.value;
  const isSameBundle = previous !== undefined && isSameList(previous.roots, roots);
  if (isSameBundle && isSameList(previous.chain, chain)) return admit(previous);
  const bundleBefore = previous?.bundleGeneration ?? 0;
  return admit(
    Object.freeze({
      generation: (previous?.generation ?? 0) + 1,
      id,
      key,
      leaf,
      chain,
      roots,
      bundleGeneration: isSameBundle ? bundleBefore : bundleBefore + 1,
      // Somebody else renews: until then there is nothing to ask for.
      renewAt: leaf.notAfter,
    }),
  );
}

const KEY_FORMS: ReadonlyMap<string, 'pkcs8' | 'sec1' | 'pkcs1'> = new Map([
  ['PRIVATE KEY', 'pkcs8'],
  ['EC PRIVATE KEY', 'sec1'],
  ['RSA PRIVATE KEY', 'pkcs1'],
]);

function readKey(content: Buffer): Outcome<KeyObject> {
  const blocks = decodePem(content.toString('latin1'));
  if (!blocks.ok) return refuse('RENEW_FILES', `the key file: ${blocks.refusal.detail}`);
  // `openssl ecparam -genkey` writes the name of the curve in front.
  const [block, ...more] = blocks.value.filter(({ label }) => label !== 'EC PARAMETERS');
  const type = block === undefined ? undefined : KEY_FORMS.get(block.label);
  if (block === undefined || type === undefined || more.length > 0)
    return refuse('RENEW_FILES', 'the key file: not one unencrypted private key in PKCS#8, SEC1 or PKCS#1');
  try {
    return admit(createPrivateKey({ key: block.der, format: 'der', type }));
  } catch {
    // OpenSSL's own words could quote the file.
    return refuse('RENEW_FILES', 'the key file: OpenSSL cannot read the key');
  }
}

interface Found {
  readonly der: Buffer;
  readonly x509: X509Certificate;
  /** DER of its SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

const derOf = ({ der }: Found): Buffer => der;

function readCertificates(content: Buffer, what: string, most: number): Outcome<readonly Found[]> {
  const blocks = decodePem(content.toString('latin1'));
  if (!blocks.ok) return refuse('RENEW_FILES', `the ${what} file: ${blocks.refusal.detail}`);
  if (blocks.value.length > most) return refuse('RENEW_FILES', `the ${what} file: more than ${most} certificates`);
  const found: Found[] = [];
  for (const [place, block] of blocks.value.entries()) {
    const certificate = readCertificate(block);
    if (certificate === undefined) return refuse('RENEW_FILES', `the ${what} file: block ${place} is no certificate`);
    found.push(certificate);
  }
  return admit(found);
}

function readCertificate({ label, der }: PemBlock): Found | undefined {
  if (label !== 'CERTIFICATE') return undefined;
  try {
    const x509 = new X509Certificate(der);
    return { der, x509, spki: x509.publicKey.export({ type: 'spki', format: 'der' }) };
  } catch {
    return undefined;
  }
}

/** From the leaf up, each signed by the next, without the root; what is no part of it is not sent to anybody. */
function orderChain(found: readonly Found[], key: KeyObject): Outcome<readonly Buffer[]> {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const [leaf, ...more] = found.filter((one) => one.spki.equals(spki));
  if (leaf === undefined)
    return refuse('RENEW_FILES', 'no certificate in the certificate file is for the key in the key file');
  if (more.length > 0) return refuse('RENEW_FILES', 'two certificates in the certificate file are for the key');
  const chain = [leaf];
  for (let next = issuerOf(leaf, found); next !== undefined && !chain.includes(next); next = issuerOf(next, found)) {
    if (isSelfIssued(next)) break;
    chain.push(next);
  }
  return admit(chain.map(derOf));
}

function issuerOf({ x509 }: Found, among: readonly Found[]): Found | undefined {
  return among.find((other) => x509.checkIssued(other.x509) && x509.verify(other.x509.publicKey));
}

const isSelfIssued = ({ x509 }: Found): boolean => x509.checkIssued(x509);
