/**
 * Opens the authority of a data folder, and makes it at the very first start: once, create-if-absent, and recoverable at
 * any point. Where any trace of an earlier root is left, it refuses: a new root in silence would cut off every sidecar.
 * The journal learns of a new root last: after a crash in between, the next start finds a whole authority and tells it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { demand, Fault } from '../../core/fault/fault.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, RandomBytes } from '../../core/time/clock.ts';
import { wholeSeconds, type Seconds } from '../../core/time/units.ts';
import type { Log } from '../../runtime/log.ts';
import type { Journal } from '../journal/journal.ts';
import { readAuthority, type Authority } from './authority.ts';
import { makeRoot } from './make-root.ts';

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

/** The authority. Throws SIGNER_KEY | SIGNER_ROOT | JOURNAL_MISMATCH | JOURNAL_FAILED. */
export async function openAuthority(deps: AuthorityDeps): Promise<Authority> {
  const { dataDir, trustDomain, ttl, journal, clock, random, log } = deps;
  const folder = join(dataDir, FOLDER);
  const known = demand(await journal.listAuthorities());
  const isFirstStart = !existsSync(folder);
  if (isFirstStart) {
    if (known.length > 0)
      throw new Fault('JOURNAL_MISMATCH', `the journal knows root ${known[0]?.thumbprint}, but ${folder} is missing`);
    makeRoot(folder, { trustDomain, ttl, random, now: wholeSeconds(clock.now()) });
    log.info('root made', { trustDomain, folder });
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
