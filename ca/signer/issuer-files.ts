/**
 * Reads an issuer that was signed elsewhere: its key, its chain and the roots, as one generation, and checks that all
 * agree. Changes nothing; what was in use before stays in use until a better one has passed here.
 */
import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { Fault } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { decodePem } from '../../core/x509/pem.ts';
import { checkAuthority, checkValidity } from '../../core/x509/svid.ts';
import { readStable } from '../../runtime/read-stable.ts';
import { toAuthority, type Authority } from './authority.ts';
import { checkKeyMode, parseKey } from './key-file.ts';

/** Absolute paths. */
export interface IssuerPlaces {
  /** PEM: the issuer first, then what signed it, up to below the root; the root may be the last. */
  readonly certificate: string;
  /** PEM, unencrypted, mode 0600 or narrower. */
  readonly key: string;
  /** PEM: the trusted roots, at least one. */
  readonly roots: string;
}

export interface IssuerMaterial {
  readonly authority: Authority;
  /** DER. */
  readonly roots: readonly Buffer[];
}

export interface IssuerTerms {
  readonly trustDomain: TrustDomain;
  readonly now: EpochSeconds;
}

/** A leaf and this many certificates above it fit the wire contract. */
const CHAIN_MOST = 3;
const ROOTS_MOST = 16;

/** The issuer in the files. Refuses: CONFIG_FILE | SIGNER_KEY | SIGNER_ROOT, with what does not agree. */
export async function readIssuerFiles(places: IssuerPlaces, terms: IssuerTerms): Promise<Outcome<IssuerMaterial>> {
  const texts = await readTexts(places);
  if (!texts.ok) return texts;
  const { certificate, key, roots } = texts.value;
  const mode = checkKeyMode(places.key, (await stat(places.key).catch(() => undefined))?.mode);
  if (!mode.ok) return mode;
  const chain = readCertificates(certificate, places.certificate, CHAIN_MOST + 1);
  if (!chain.ok) return chain;
  const trusted = readCertificates(roots, places.roots, ROOTS_MOST);
  if (!trusted.ok) return trusted;
  const secret = readKey(key, places.key);
  if (!secret.ok) return secret;
  return checkIssuer({ chain: chain.value, roots: trusted.value, key: secret.value }, terms);
}

interface Parts {
  readonly chain: readonly Certificate[];
  readonly roots: readonly Certificate[];
  readonly key: KeyObject;
}

/** An authority, if key, chain, trust domain, path lengths and windows agree. Refuses: SIGNER_KEY | SIGNER_ROOT. */
export function checkIssuer({ chain, roots, key }: Parts, { trustDomain, now }: IssuerTerms): Outcome<IssuerMaterial> {
  for (const [place, root] of roots.entries()) {
    const sound = checkAuthority(root, trustDomain);
    if (!sound.ok) return refuse('SIGNER_ROOT', `root ${place}: ${sound.refusal.detail}`);
  }
  const isRoot = (certificate: Certificate): boolean => roots.some((root) => root.der.equals(certificate.der));
  const path = chain.filter((certificate, place) => place === 0 || !isRoot(certificate));
  const [issuer] = path;
  const last = path.at(-1);
  if (issuer === undefined || last === undefined) return refuse('SIGNER_ROOT', 'the chain is empty');
  if (path.length > CHAIN_MOST) return refuse('SIGNER_ROOT', `a chain of ${path.length}, at most ${CHAIN_MOST}`);
  const root = isRoot(issuer) ? issuer : roots.find((candidate) => isIssuedBy(last, candidate));
  if (root === undefined) return refuse('SIGNER_ROOT', 'the chain ends at none of the roots');
  if (!createPublicKey(key).export({ format: 'der', type: 'spki' }).equals(issuer.spki))
    return refuse('SIGNER_KEY', 'the key is not that of the first certificate of the chain');
  if (issuer.subjectKeyId === undefined) return refuse('SIGNER_ROOT', 'the issuer has no subject key identifier');
  const above = isRoot(issuer) ? [] : path;
  const sound = checkPath(isRoot(issuer) ? [root] : [...path, root], { trustDomain, now });
  if (!sound.ok) return sound;
  return admit({ authority: toAuthority(issuer, key, { above, root }), roots: roots.map(({ der }) => der) });
}

/** Each signs the one before it, may do so, and is valid now; the issuer first, the root last. */
function checkPath(path: readonly Certificate[], { trustDomain, now }: IssuerTerms): Outcome<void> {
  for (const [place, certificate] of path.entries()) {
    const sound = checkAuthority(certificate, trustDomain);
    if (!sound.ok) return refuse('SIGNER_ROOT', `CA certificate ${place}: ${sound.refusal.detail}`);
    const valid = checkValidity(certificate, now);
    if (!valid.ok) return refuse('SIGNER_ROOT', `CA certificate ${place}: ${valid.refusal.detail}`);
    // It counts the CA certificates between this one and the leaf (RFC 5280 section 4.2.1.9).
    if (certificate.pathLength !== undefined && certificate.pathLength < place)
      return refuse('SIGNER_ROOT', `CA certificate ${place} allows a path of ${certificate.pathLength}`);
    const next = path[place + 1];
    if (next !== undefined && !isIssuedBy(certificate, next))
      return refuse('SIGNER_ROOT', `CA certificate ${place} is not signed by the next one`);
  }
  return admit(undefined);
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  try {
    const [child, parent] = [new X509Certificate(certificate.der), new X509Certificate(issuer.der)];
    return child.checkIssued(parent) && child.verify(parent.publicKey);
  } catch {
    // What OpenSSL cannot read or use has signed nothing.
    return false;
  }
}

type Texts = Readonly<Record<keyof IssuerPlaces, string>>;

/** Files of one folder are read as one generation; where they lie apart, only the checks above hold them together. */
async function readTexts(places: IssuerPlaces): Promise<Outcome<Texts>> {
  const found = new Map<string, string>();
  for (const folder of foldersOf(places)) {
    const paths = Object.values(places).filter((path) => dirname(path) === folder);
    const read = await readStable(
      folder,
      paths.map((path) => basename(path)),
    );
    if (!read.ok) return read;
    for (const path of paths) found.set(path, read.value.get(basename(path))?.toString('utf8') ?? '');
  }
  const text = (path: string): string => found.get(path) ?? '';
  return admit({ certificate: text(places.certificate), key: text(places.key), roots: text(places.roots) });
}

/** The folders to be watched, each once. */
export function foldersOf(places: IssuerPlaces): readonly string[] {
  return [...new Set(Object.values(places).map((path: string) => dirname(path)))];
}

/** Compared and judged as DER: line ends and text between the blocks mean nothing. */
function readCertificates(text: string, file: string, most: number): Outcome<readonly Certificate[]> {
  const blocks = decodePem(text);
  if (!blocks.ok) return refuse('SIGNER_ROOT', `${file}: ${blocks.refusal.detail}`);
  if (blocks.value.length > most)
    return refuse('SIGNER_ROOT', `${file} holds ${blocks.value.length} blocks, at most ${most}`);
  const certificates: Certificate[] = [];
  for (const { label, der } of blocks.value) {
    if (label !== 'CERTIFICATE') return refuse('SIGNER_ROOT', `${file} holds something else than certificates`);
    const certificate = parseCertificate(der);
    if (!certificate.ok) return refuse('SIGNER_ROOT', `${file}: ${certificate.refusal.detail}`);
    certificates.push(certificate.value);
  }
  return admit(certificates);
}

function readKey(text: string, file: string): Outcome<KeyObject> {
  try {
    return admit(parseKey(text, file));
  } catch (thrown) {
    const { code, detail } = Fault.from(thrown);
    return refuse(code, detail);
  }
}
