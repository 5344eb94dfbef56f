/**
 * Opens the authority of a data folder, and makes it at the very first start: once, create-if-absent, and recoverable at
 * any point. Where any trace of an earlier root is left, it refuses: a new root in silence would cut off every sidecar.
 *
 * First start: both files are written and flushed in a folder of their own, which then gets its name in one step; the
 * journal learns of the root last. A crash before that step leaves nothing that counts; after it, the next start finds
 * a whole authority and tells the journal.
 */
import { createPublicKey, sign } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { demand, Fault } from '../../core/fault/fault.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, RandomBytes } from '../../core/time/clock.ts';
import { epochSeconds, wholeSeconds, type Seconds } from '../../core/time/units.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { encodeCertificate } from '../../core/x509/write.ts';
import type { Log } from '../../runtime/log.ts';
import { syncFolder, writeNewFile } from '../disk/durable-file.ts';
import type { Journal } from '../journal/journal.ts';
import { CERTIFICATE_FILE, KEY_FILE, readAuthority, type Authority } from './authority.ts';
import { formatKey, makeKey } from './key-file.ts';
import { draftRoot } from './root-template.ts';

export interface AuthorityDeps {
  readonly dataDir: string;
  readonly trustDomain: TrustDomain;
  /** Life of a root that is made. */
  readonly ttl: Seconds;
  readonly journal: Pick<Journal, 'listAuthorities' | 'addAuthority'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly log: Log;
}

/** Folder in the data folder. */
const FOLDER = 'authority';
/** Beginning of the name of a folder in which a root is being made. */
const DRAFT = 'authority.draft-';
/** A root is valid this long before it was made, for hosts whose clock is late. */
const BACKDATE_SECONDS = 60;

/** The authority. Throws SIGNER_KEY | SIGNER_ROOT | JOURNAL_MISMATCH | JOURNAL_FAILED. */
export async function openAuthority(deps: AuthorityDeps): Promise<Authority> {
  const { dataDir, trustDomain, journal, log } = deps;
  const folder = join(dataDir, FOLDER);
  const known = demand(await journal.listAuthorities());
  const isFirstStart = !existsSync(folder);
  if (isFirstStart) {
    if (known.length > 0)
      throw new Fault('JOURNAL_MISMATCH', `the journal knows root ${known[0]?.thumbprint}, but ${folder} is missing`);
    makeRoot(folder, deps);
  }
  const authority = readAuthority(folder, trustDomain);
  const thumbprint = authority.certificate.thumbprint.toString('hex');
  if (known.length === 0) {
    if (!isFirstStart)
      log.warn('the journal knew no root: an unfinished first start, or it was lost', { root: thumbprint });
    demand(await journal.addAuthority({ thumbprint, der: new Uint8Array(authority.certificate.der) }));
  } else if (!known.some((record) => record.thumbprint === thumbprint)) {
    throw new Fault(
      'JOURNAL_MISMATCH',
      `the journal knows root ${known[0]?.thumbprint}, ${folder} holds ${thumbprint}`,
    );
  }
  return authority;
}

function makeRoot(folder: string, { dataDir, trustDomain, ttl, clock, random, log }: AuthorityDeps): void {
  removeDrafts(dataDir);
  const now = wholeSeconds(clock.now());
  const key = makeKey();
  const tbs = draftRoot({
    trustDomain,
    spki: createPublicKey(key).export({ format: 'der', type: 'spki' }),
    serial: random(16),
    notBefore: epochSeconds(now - BACKDATE_SECONDS),
    notAfter: epochSeconds(now + ttl),
  });
  const certificate = encodeCertificate(tbs, sign('sha256', tbs, key));
  const draft = mkdtempSync(join(dataDir, DRAFT));
  writeNewFile(join(draft, KEY_FILE), formatKey(key), 0o600);
  writeNewFile(join(draft, CERTIFICATE_FILE), encodePem('CERTIFICATE', certificate), 0o644);
  syncFolder(draft);
  // Fails if the name is taken by a folder with anything in it: of two that try at once, one wins.
  renameSync(draft, folder);
  syncFolder(dataDir);
  log.info('root made', { trustDomain, folder });
}

/** What a crash left half done was never anybody's root: a draft counts only once it has its name. */
function removeDrafts(dataDir: string): void {
  for (const name of readdirSync(dataDir))
    if (name.startsWith(DRAFT)) rmSync(join(dataDir, name), { recursive: true, force: true });
}
