/**
 * An offline root and the issuer that it signs: what `cleat ca init` makes, away from the CA. The root's key stays in a
 * folder of the operator's; the CA gets the issuer's files alone.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { demand, Fault } from '../../core/fault/fault.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import { epochSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { decodePem, encodePem } from '../../core/x509/pem.ts';
import { replaceFiles } from '../disk/generation-folder.ts';
import { readAuthority, type Authority } from './authority.ts';
import { checkIssuer } from './issuer-files.ts';
import { formatKey, makeKey, spkiOf } from './key-file.ts';
import { makeRoot } from './make-root.ts';
import { draftIntermediate } from './root-template.ts';

export interface OfflineTerms {
  readonly trustDomain: TrustDomain;
  readonly rootTtl: Seconds;
  readonly now: EpochSeconds;
  readonly random: RandomBytes;
}

/** The root in this folder, made where the folder does not exist; says which it was. Never over anything that is there.
 *  Throws SIGNER_KEY | SIGNER_ROOT for what is not whole, and what the disk throws. */
export function openOfflineRoot(
  folder: string,
  { trustDomain, rootTtl, now, random }: OfflineTerms,
): { readonly root: Authority; readonly isNew: boolean } {
  const isNew = !existsSync(folder);
  if (isNew) {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    // Below it stands the issuer: one CA certificate between root and leaf.
    makeRoot(folder, { trustDomain, ttl: rootTtl, now, random, pathLength: 1 });
  }
  return { root: readAuthority(folder, trustDomain), isNew };
}

/** Names in the issuer's folder, as `issuer.files` wants them. */
export const ISSUER_FILES = { certificate: 'issuer.pem', key: 'issuer.key', roots: 'roots.pem' } as const;

export interface IssuerOrder extends OfflineTerms {
  readonly root: Authority;
  /** Life of the issuer; it never outlives the root. */
  readonly ttl: Seconds;
}

/** A new issuer with a new key, in the files of this folder, all at once. Roots that lie there already stay, so that a
 *  change of the root overlaps. Gives its end. Throws SIGNER_ROOT for roots that cannot be read, and what the disk throws. */
export function writeIssuer(folder: string, order: IssuerOrder): EpochSeconds {
  const { root, trustDomain, now, ttl, random } = order;
  if (root.certificate.pathLength === 0)
    throw new Fault('SIGNER_ROOT', 'the root allows no issuer below it (path length 0)');
  const key = makeKey();
  const der = root.sign(
    draftIntermediate({
      trustDomain,
      spki: spkiOf(key),
      serial: random(16),
      notBefore: epochSeconds(Math.max(now - BACKDATE_SECONDS, root.certificate.notBefore)),
      notAfter: epochSeconds(Math.min(now + ttl, root.endsAt)),
      by: root.certificate,
    }),
  );
  const certificate = demand(parseCertificate(der));
  const roots = [root.certificate.der, ...otherRoots(join(folder, ISSUER_FILES.roots), root.certificate.der)];
  const parts = { chain: [certificate], roots: roots.map((each) => demand(parseCertificate(each))), key };
  demand(checkIssuer(parts, { trustDomain, now }));
  replaceFiles(folder, [
    { name: ISSUER_FILES.key, text: formatKey(key), mode: 0o600 },
    { name: ISSUER_FILES.certificate, text: encodePem('CERTIFICATE', der), mode: 0o644 },
    { name: ISSUER_FILES.roots, text: roots.map((each) => encodePem('CERTIFICATE', each)).join(''), mode: 0o644 },
  ]);
  return certificate.notAfter;
}

/** The issuer is valid this long before it was made, for hosts whose clock is late. */
const BACKDATE_SECONDS = 60;

function otherRoots(file: string, mine: Buffer): readonly Buffer[] {
  if (!existsSync(file)) return [];
  const blocks = decodePem(readFileSync(file, 'utf8'));
  if (!blocks.ok) throw new Fault('SIGNER_ROOT', `${file}: ${blocks.refusal.detail}`);
  return blocks.value.map(({ der }) => der).filter((der) => !der.equals(mine));
}
