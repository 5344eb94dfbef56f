/**
 * What this workload shows for its first certificate, and whom it shows it to. Both are read from their files at each
 * attempt: a token that was refused is replaced in place, and a bundle may have moved on.
 */
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { parseJoinToken } from '../../core/identity/join-token.ts';
import { decodePem } from '../../core/x509/pem.ts';
import { readStable } from '../../runtime/read-stable.ts';

export interface EvidenceFiles {
  /** A join token, with or without a newline at its end. */
  readonly joinToken: string;
  /** PEM roots for the first contact; without it the fingerprint in the token names the root. */
  readonly bundle?: string | undefined;
}

export interface Evidence {
  /** Secret. */
  readonly joinToken: string;
  /** SHA-256 of `joinToken`: tells one token from another without keeping it. */
  readonly digest: string;
  /** Whom to trust at the first contact. */
  readonly trust:
    | { readonly kind: 'roots'; readonly roots: readonly Buffer[] }
    | { readonly kind: 'fingerprint'; readonly rootDigest: Buffer };
}

/** Refuses: CONFIG_FILE | ATTEST_EVIDENCE; no detail holds any content. */
export async function readEvidence({ joinToken: file, bundle }: EvidenceFiles): Promise<Outcome<Evidence>> {
  const read = await readText(file);
  if (!read.ok) return read;
  const joinToken = read.value.trimEnd();
  const parsed = parseJoinToken(joinToken);
  if (!parsed.ok) return refuse(parsed.refusal.code, `${file}: ${parsed.refusal.detail}`);
  const digest = createHash('sha256').update(joinToken).digest('hex');
  if (bundle === undefined)
    return admit({ joinToken, digest, trust: { kind: 'fingerprint', rootDigest: parsed.value.rootDigest } });
  const roots = await readRoots(bundle);
  return roots.ok ? admit({ joinToken, digest, trust: { kind: 'roots', roots: roots.value } }) : roots;
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
