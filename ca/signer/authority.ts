/**
 * Who signs: a certificate, its key, and what leads from it to a trusted root. The key never leaves this file's closure.
 * Reads and checks a root in a folder of two files; makes nothing (see make-root.ts).
 */
import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Fault } from '../../core/fault/fault.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { decodePem } from '../../core/x509/pem.ts';
import { importSpki } from '../../core/x509/public-key.ts';
import { checkAuthority } from '../../core/x509/svid.ts';
import { encodeCertificate } from '../../core/x509/write.ts';
import { readKeyFile } from './key-file.ts';

export interface Authority {
  /** The issuer of leaves: a root, or an intermediate. */
  readonly certificate: Certificate;
  /** From the issuer to below the root; empty where the root signs itself. */
  readonly above: readonly Certificate[];
  /** What verifiers trust. */
  readonly root: Certificate;
  /** The issuer's key as OpenSSL takes it, read once; undefined where it is none. */
  readonly publicKey: KeyObject | undefined;
  /** The first end of all of them: no leaf may outlive it. */
  readonly endsAt: EpochSeconds;
  /** These bytes with a signature, ecdsa-with-SHA256, as DER: a certificate where they come from the issuance cycle's
   *  ticket, a revocation list where they are one. Throws SIGNER_KEY where the key is no longer held. */
  sign(tbs: Buffer): Buffer;
}

export const KEY_FILE = 'root.key';
export const CERTIFICATE_FILE = 'root.pem';

/** The authority in a folder. Throws SIGNER_KEY | SIGNER_ROOT: a file missing, more than one certificate, another trust
 *  domain, not self-signed, not a CA, or a key that is not its own. */
export function readAuthority(folder: string, trustDomain: TrustDomain): Authority {
  const certificate = readRoot(join(folder, CERTIFICATE_FILE), trustDomain);
  const keyFile = join(folder, KEY_FILE);
  const key = readKeyFile(keyFile);
  if (!createPublicKey(key).export({ format: 'der', type: 'spki' }).equals(certificate.spki))
    throw new Fault('SIGNER_ROOT', `${keyFile} is not the key of ${CERTIFICATE_FILE} beside it`);
  return toAuthority(certificate, key);
}

/** What an issuer stands on; a root stands on itself. */
export interface Ground {
  /** The issuer first, where it is no root. */
  readonly above: readonly Certificate[];
  readonly root: Certificate;
}

/** An authority from its parts, which must belong together. Without a key it only says what it was. */
export function toAuthority(
  certificate: Certificate,
  key: KeyObject | undefined,
  { above, root }: Ground = { above: [], root: certificate },
): Authority {
  return Object.freeze({
    certificate,
    above,
    root,
    publicKey: importSpki(certificate.spki),
    endsAt: epochSeconds(Math.min(...[certificate, ...above, root].map(({ notAfter }) => notAfter))),
    sign: (tbs: Buffer) => {
      if (key === undefined) throw new Fault('SIGNER_KEY', 'the key of this authority is no longer held');
      return encodeCertificate(tbs, sign('sha256', tbs, key));
    },
  });
}

function readRoot(file: string, trustDomain: TrustDomain): Certificate {
  const blocks = decodePem(readText(file));
  if (!blocks.ok) throw new Fault('SIGNER_ROOT', `${file}: ${blocks.refusal.detail}`);
  const [block, ...more] = blocks.value;
  if (block?.label !== 'CERTIFICATE' || more.length > 0)
    throw new Fault('SIGNER_ROOT', `${file} must hold one CERTIFICATE and nothing else`);
  const certificate = parseCertificate(block.der);
  if (!certificate.ok) throw new Fault('SIGNER_ROOT', `${file}: ${certificate.refusal.detail}`);
  const sound = checkAuthority(certificate.value, trustDomain);
  if (!sound.ok) throw new Fault('SIGNER_ROOT', `${file}: ${sound.refusal.detail}`);
  if (!isSelfSigned(certificate.value)) throw new Fault('SIGNER_ROOT', `${file} is not signed by its own key`);
  return certificate.value;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new Fault('SIGNER_ROOT', `${file} cannot be read: ${reason}`, { cause });
  }
}

function isSelfSigned({ spki, tbs, signature, issuer, subject }: Certificate): boolean {
  if (!issuer.equals(subject)) return false;
  return verify('sha256', tbs, createPublicKey({ key: spki, format: 'der', type: 'spki' }), signature);
}
