/**
 * Looks, at the start of a CA, whether its journal is the one that it left: an older copy in its place, or a new one, would
 * take spent join tokens again and forget what was revoked. What shows that is the audit stream, which has what the copy lacks; and
 * the clock, which is not before what the journal says was done. Changes nothing.
 */
import { demand, Fault } from '../core/fault/fault.ts';
import type { Clock } from '../core/time/clock.ts';
import { wholeSeconds } from '../core/time/units.ts';
import { readLinesAfter } from '../runtime/audit/tail.ts';
import { GENESIS, OPENED, type AuditLine } from '../runtime/audit/line.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { auditFileOf } from './audit.ts';
import type { CaConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';

export interface JournalAgeDeps {
  readonly config: Pick<CaConfig, 'audit' | 'dataDir'>;
  readonly journal: Pick<Journal, 'findAuditHead' | 'findIssuance' | 'listLive' | 'listRevocations' | 'readTrust'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** The line of `cleat ca restore`: what was done before it is lost on purpose. */
const RESTORED = 'journal-restored';
/** Beyond this a clock is not just corrected. */
const BEHIND_SECONDS = 60;

/** Needs the journal started, and the audit stream not yet. `start` throws JOURNAL_MISMATCH, and what the journal
 *  refuses. */
export function createJournalAge(deps: JournalAgeDeps): Service {
  return {
    name: 'journal age',
    async start(signal) {
      signal.throwIfAborted();
      await checkNotLost(deps);
      await checkAgainstAudit(deps);
      await checkAgainstClock(deps);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}

/** A journal that knows no root is that of a first start, finished or not: nothing was decided before it. */
async function checkNotLost({ config, journal }: JournalAgeDeps): Promise<void> {
  const path = auditFileOf(config);
  const { authorities } = demand(await journal.readTrust());
  if (path === undefined || authorities.length > 0) return;
  const lines = readLinesAfter(path, GENESIS.seq);
  const isContinued = lines[0] !== undefined && lines[0].seq > GENESIS.seq + 1;
  if (!isContinued && lines.every(({ kind }) => kind === OPENED)) return;
  throw new Fault(
    'JOURNAL_MISMATCH',
    `the journal is new, but ${path} says that a CA has issued here: it was lost. Put a backup in its place with \`cleat ca restore\`; for a CA that begins anew, move all of its data folder and that file away`,
  );
}

/** The journal has each certificate before the stream has its line. */
async function checkAgainstAudit({ config, journal }: JournalAgeDeps): Promise<void> {
  const path = auditFileOf(config);
  const remembered = demand(await journal.findAuditHead());
  if (path === undefined || remembered === undefined) return;
  const lines = readLinesAfter(path, remembered.seq);
  const since = lines.slice(lines.findLastIndex(({ kind }) => kind === RESTORED) + 1);
  const { generation } = demand(await journal.listRevocations());
  for (const line of since) {
    const lost = (await isLostCertificate(line, journal)) || isLostRevocation(line, generation);
    if (lost)
      throw new Fault(
        'JOURNAL_MISMATCH',
        `line ${line.seq} of ${path} (${line.kind}) is of something that the journal lacks: it is an older copy. Put backups in place with \`cleat ca restore\``,
      );
  }
}

async function isLostCertificate({ kind, facts }: AuditLine, journal: JournalAgeDeps['journal']): Promise<boolean> {
  const { serial } = facts;
  if (kind !== 'issuance' || typeof serial !== 'string') return false;
  return demand(await journal.findIssuance(serial)) === undefined;
}

function isLostRevocation({ kind, facts }: AuditLine, generation: number): boolean {
  return kind === 'revocation' && typeof facts['generation'] === 'number' && facts['generation'] > generation;
}

/** Only said: after a clock that was ahead, a CA that waited for it would wait as long as that was. */
async function checkAgainstClock({ journal, clock, log }: JournalAgeDeps): Promise<void> {
  const live = demand(await journal.listLive());
  const newest = live.reduce((latest, { issuedAt }) => Math.max(latest, issuedAt), 0);
  const behind = newest - wholeSeconds(clock.now());
  if (behind > BEHIND_SECONDS)
    log.error('the clock is behind the newest certificate of the journal; what is issued now may be over too early', {
      code: 'ISSUE_CLOCK',
      behindSeconds: behind,
      newest,
    });
}
