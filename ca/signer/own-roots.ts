/**
 * Opens the roots that this CA made itself, and makes the first one at the very first start: once, create-if-absent, and
 * recoverable at any point. Where any trace of an earlier root is left, it refuses: a new root in silence would cut off
 * every sidecar. The journal learns of a root last: after a crash in between, the next start finds what is whole.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { Fault } from '../../core/fault/fault.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, RandomBytes } from '../../core/time/clock.ts';
import { wholeSeconds, type Seconds } from '../../core/time/units.ts';
import type { Log } from '../../runtime/log.ts';
import type { AuthorityRecord, TrustRecord } from '../journal/record.ts';
import { newSeat, seatIn, type Seat } from '../trust/seats.ts';
import { readAuthority } from './authority.ts';
import { makeRoot } from './make-root.ts';

export interface OwnRootsDeps {
  readonly dataDir: string;
  readonly trustDomain: TrustDomain;
  /** Life of a root that is made. */
  readonly ttl: Seconds;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly log: Log;
}

/** Folder of the first root in the data folder; those after it have a name of their own. */
const FIRST = 'authority';
const LATER = 'authority-';
const NAME_BYTES = 8;

/** The roots that are not dropped, each with its key. Throws SIGNER_KEY | SIGNER_ROOT | JOURNAL_MISMATCH. */
export function openOwnRoots({ authorities }: TrustRecord, deps: OwnRootsDeps): readonly Seat[] {
  if (authorities.length === 0) return [openFirst(deps)];
  warnOfStrangers(authorities, deps);
  for (const { slot, folder } of authorities) if (slot === 'dropped' && folder !== undefined) forgetRoot(folder, deps);
  const seats = authorities.filter(({ slot }) => slot !== 'dropped').map((record) => reopen(record, deps));
  if (seatIn(seats, 'active') === undefined) throw new Fault('JOURNAL_MISMATCH', 'the journal names no active root');
  return seats;
}

/** The roots of our own among what the journal knows, where the issuer is in files now. Throws as `openOwnRoots` does. */
export function reopenOwnRoots({ authorities }: TrustRecord, deps: OwnRootsDeps): readonly Seat[] {
  return authorities
    .filter(({ slot, folder }) => slot !== 'dropped' && folder !== undefined)
    .map((record) => reopen(record, deps));
}

/** A new root in a folder of its own, on the disk; nobody knows of it yet. Throws what the disk throws. */
export function makeNextRoot(begunBy: AuthorityRecord['begunBy'], deps: OwnRootsDeps): Seat {
  const { dataDir, trustDomain, ttl, random, clock } = deps;
  const folder = `${LATER}${random(NAME_BYTES).toString('hex')}`;
  makeRoot(join(dataDir, folder), { trustDomain, ttl, random, now: wholeSeconds(clock.now()) });
  return newSeat(readAuthority(join(dataDir, folder), trustDomain), { slot: 'prepared', folder, begunBy });
}

/** Destroys the key of a root that no bundle holds any more: whoever finds it could only do harm with it. */
export function forgetRoot(folder: string, { dataDir, log }: Pick<OwnRootsDeps, 'dataDir' | 'log'>): void {
  const path = join(dataDir, folder);
  if (!existsSync(path)) return;
  rmSync(path, { recursive: true, force: true });
  log.info('key of a dropped root destroyed', { folder: path });
}

function openFirst(deps: OwnRootsDeps): Seat {
  const { dataDir, trustDomain, ttl, clock, random, log } = deps;
  const folder = join(dataDir, FIRST);
  const [stranger] = laterFolders(dataDir);
  if (stranger !== undefined)
    throw new Fault('JOURNAL_MISMATCH', `${join(dataDir, stranger)} is of a rotation that the journal does not know`);
  const isFirstStart = !existsSync(folder);
  if (isFirstStart) {
    makeRoot(folder, { trustDomain, ttl, random, now: wholeSeconds(clock.now()) });
    log.info('root made', { trustDomain, folder });
  }
  const authority = readAuthority(folder, trustDomain);
  if (!isFirstStart)
    log.warn('the journal knew no root: an unfinished first start, or it was lost', {
      root: authority.certificate.thumbprint.toString('hex'),
    });
  return newSeat(authority, { slot: 'active', folder: FIRST, begunBy: 'operator' });
}

function reopen(record: AuthorityRecord, { dataDir, trustDomain }: OwnRootsDeps): Seat {
  if (record.folder === undefined)
    throw new Fault(
      'JOURNAL_MISMATCH',
      `the journal knows ${record.thumbprint} as an issuer from files, not as our own`,
    );
  const folder = join(dataDir, record.folder);
  if (!existsSync(folder))
    throw new Fault('JOURNAL_MISMATCH', `the journal knows root ${record.thumbprint}, but ${folder} is missing`);
  const authority = readAuthority(folder, trustDomain);
  const found = authority.certificate.thumbprint.toString('hex');
  if (found !== record.thumbprint)
    throw new Fault('JOURNAL_MISMATCH', `the journal knows root ${record.thumbprint}, ${folder} holds ${found}`);
  return { record, authority };
}

/** Left by a crash before the journal held the root, or the journal is older than the folder. Never taken, never removed. */
function warnOfStrangers(known: readonly AuthorityRecord[], { dataDir, log }: OwnRootsDeps): void {
  for (const folder of laterFolders(dataDir))
    if (!known.some((record) => record.folder === folder))
      log.warn('a root that the journal does not know: an unfinished preparation, or an older journal', {
        folder: join(dataDir, folder),
      });
}

function laterFolders(dataDir: string): readonly string[] {
  return readdirSync(dataDir).filter((name) => name.startsWith(LATER));
}
