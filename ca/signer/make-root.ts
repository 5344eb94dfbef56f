/**
 * Makes a root: both files are written and flushed in a folder of their own, which then gets its name in one step. A
 * crash before that step leaves nothing that counts.
 */
import { sign } from 'node:crypto';
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import { epochSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { encodeCertificate } from '../../core/x509/write.ts';
import { syncFolder, writeNewFile } from '../disk/durable-file.ts';
import { CERTIFICATE_FILE, KEY_FILE } from './authority.ts';
import { formatKey, makeKey, spkiOf } from './key-file.ts';
import { draftRoot } from './root-template.ts';

export interface NewRoot {
  readonly trustDomain: TrustDomain;
  readonly ttl: Seconds;
  readonly now: EpochSeconds;
  readonly random: RandomBytes;
  /** CA certificates between it and a leaf; default 0. */
  readonly pathLength?: number;
}

/** Beginning of the name of a folder in which a root is being made. */
const DRAFT = 'authority.draft-';
/** A root is valid this long before it was made, for hosts whose clock is late. */
const BACKDATE_SECONDS = 60;

/** Puts a new root into `folder`, which must not exist; its parent must. Throws what the disk throws. */
export function makeRoot(folder: string, { trustDomain, ttl, now, random, pathLength = 0 }: NewRoot): void {
  const parent = dirname(folder);
  removeDrafts(parent);
  const key = makeKey();
  const tbs = draftRoot({
    trustDomain,
    spki: spkiOf(key),
    serial: random(16),
    notBefore: epochSeconds(now - BACKDATE_SECONDS),
    notAfter: epochSeconds(now + ttl),
    pathLength,
  });
  const certificate = encodeCertificate(tbs, sign('sha256', tbs, key));
  const draft = mkdtempSync(join(parent, DRAFT));
  writeNewFile(join(draft, KEY_FILE), formatKey(key), 0o600);
  writeNewFile(join(draft, CERTIFICATE_FILE), encodePem('CERTIFICATE', certificate), 0o644);
  syncFolder(draft);
  // Fails if the name is taken by a folder with anything in it: of two that try at once, one wins.
  renameSync(draft, folder);
  syncFolder(parent);
}

/** What a crash left half done was never anybody's root: a draft counts only once it has its name. */
function removeDrafts(parent: string): void {
  for (const name of readdirSync(parent))
    if (name.startsWith(DRAFT)) rmSync(join(parent, name), { recursive: true, force: true });
}
