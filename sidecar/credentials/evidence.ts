/**
 * What this workload shows for its first certificate, and whom it shows it to. Both are read from their files at each
 * attempt: a token that was refused is replaced in place, one that is projected is renewed, and a bundle may have moved on.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';

import { Fault } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { parseJoinToken } from '../../core/identity/join-token.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { TOKEN_MOST } from '../../core/token/jws.ts';
import { decodePem } from '../../core/x509/pem.ts';
import { signPossession } from '../../core/x509/possession.ts';
import type { ShownEvidence } from '../../runtime/grpc/messages.ts';
import { readStable } from '../../runtime/read-stable.ts';
import type { EvidencePlace } from '../config.ts';
import { type Material, parseMaterial } from './file-material.ts';
import { readCredentialFiles } from './files.ts';

/** Where it lies; `bundle` is the PEM roots for the first contact. */
export type EvidenceFiles =
  /** A join token, with or without a newline at its end; without a bundle the fingerprint in it names the root. */
  | { readonly kind: 'joinToken'; readonly file: string; readonly bundle?: string | undefined }
  /** A workload token (JWT) that somebody else renews. */
  | { readonly kind: 'oidc'; readonly file: string; readonly bundle: string }
  /** A certificate of another CA with its intermediates, and its key. */
  | { readonly kind: 'x509'; readonly certificate: string; readonly key: string; readonly bundle: string };

/** What is read, from where it lies. Throws BUG_UNEXPECTED without a bundle for a kind that needs one: whoever reads the
 *  configuration or the command line has checked that. */
export function evidenceFiles(place: EvidencePlace, bundle: string | undefined): EvidenceFiles {
  if (place.kind === 'joinToken') return { kind: 'joinToken', file: place.file, bundle };
  if (bundle === undefined) throw new Fault('BUG_UNEXPECTED', `evidence of kind ${place.kind} without a bundle`);
  return place.kind === 'x509' ? { ...place, bundle } : { kind: 'oidc', file: place.file, bundle };
}

/** What a proof is made for. */
export interface Showing {
  readonly trustDomain: TrustDomain;
  /** DER. */
  readonly csr: Buffer;
  readonly now: EpochSeconds;
}

export interface Evidence {
  /** Tells one evidence from another without keeping it. */
  readonly digest: string;
  /** Secret: what goes to the CA, made for this one request. */
  readonly show: (showing: Showing) => ShownEvidence;
  /** Whom to trust at the first contact. */
  readonly trust:
    | { readonly kind: 'roots'; readonly roots: readonly Buffer[] }
    | { readonly kind: 'fingerprint'; readonly rootDigest: Buffer };
}

/** Refuses: CONFIG_FILE | CONFIG_PERMISSION (a key that others may read) | ATTEST_EVIDENCE | RENEW_FILES (certificate and
 *  key do not belong together); no detail holds any content. */
export async function readEvidence(files: EvidenceFiles): Promise<Outcome<Evidence>> {
  if (files.kind === 'x509') return readPossession(files);
  const read = await readText(files.file);
  if (!read.ok) return read;
  const text = read.value.trimEnd();
  const digest = createHash('sha256').update(text).digest('hex');
  if (files.kind === 'joinToken') return readJoinToken(text, digest, files);
  if (!COMPACT.test(text) || text.length > TOKEN_MOST)
    return refuse('ATTEST_EVIDENCE', `${files.file} holds no token of three parts, at most ${TOKEN_MOST} bytes`);
  const roots = await readRoots(files.bundle);
  if (!roots.ok) return roots;
  return admit({ digest, show: () => ({ kind: 'oidc', token: text }), trust: { kind: 'roots', roots: roots.value } });
}

/** Enough to find a file that is half written; the rest is for the CA to judge. */
const COMPACT = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}$/;

async function readJoinToken(
  text: string,
  digest: string,
  { file, bundle }: Extract<EvidenceFiles, { kind: 'joinToken' }>,
): Promise<Outcome<Evidence>> {
  const parsed = parseJoinToken(text);
  if (!parsed.ok) return refuse(parsed.refusal.code, `${file}: ${parsed.refusal.detail}`);
  const show = (): ShownEvidence => ({ kind: 'join-token', text });
  if (bundle === undefined)
    return admit({ digest, show, trust: { kind: 'fingerprint', rootDigest: parsed.value.rootDigest } });
  const roots = await readRoots(bundle);
  return roots.ok ? admit({ digest, show, trust: { kind: 'roots', roots: roots.value } }) : roots;
}

async function readPossession(files: Extract<EvidenceFiles, { kind: 'x509' }>): Promise<Outcome<Evidence>> {
  const contents = await readCredentialFiles(files);
  const material = contents.ok ? parseMaterial(contents.value) : contents;
  return material.ok ? admit(possess(material.value)) : material;
}

function possess({ key, chain, roots }: Material): Evidence {
  const [leaf = Buffer.alloc(0)] = chain;
  return {
    digest: createHash('sha256').update(leaf).digest('hex'),
    show({ trustDomain, csr, now: signedAt }) {
      return { kind: 'x509', chain, signedAt, signature: signPossession({ trustDomain, csr, signedAt, leaf }, key) };
    },
    trust: { kind: 'roots', roots },
  };
}

async function readRoots(file: string): Promise<Outcome<readonly Buffer[]>> {
  const text = await readText(file);
  const blocks = text.ok ? decodePem(text.value) : text;
  if (!blocks.ok) return refuse('CONFIG_FILE', `${file}: ${blocks.refusal.detail}`);
  if (blocks.value.some(({ label }) => label !== 'CERTIFICATE'))
    return refuse('CONFIG_FILE', `${file} holds something other than certificates`);
  return admit(blocks.value.map(({ der }) => der));
}

async function readText(file: string): Promise<Outcome<string>> {
  const found = await readStable(dirname(file), [basename(file)]);
  return found.ok ? admit(found.value.get(basename(file))?.toString('utf8') ?? '') : found;
}
