/** `cleat ca restore`: puts a backup in the place of the journal of a CA that does not run. */
import { join } from 'node:path';

import { auditFileOf } from '../ca/audit.ts';
import { caConfigTable, type CaConfig } from '../ca/config.ts';
import { restoreJournal, type Restoration } from '../ca/journal/restore.ts';
import { demand } from '../core/fault/fault.ts';
import { milliseconds, wholeSeconds } from '../core/time/units.ts';
import { createAuditFile } from '../runtime/audit/file.ts';
import type { AuditStream } from '../runtime/audit/audit.ts';
import { formatMistake } from '../runtime/config/mistake.ts';
import { readConfig } from '../runtime/config/read.ts';
import { createLog } from '../runtime/log.ts';
import { EXIT, type Io } from './io.ts';
import { UsageMistake, type Verb } from './verb.ts';

const CONFIG = '/etc/cleat/ca.yaml';

export const caRestore: Verb = {
  name: 'ca restore',
  summary: 'put a backup in the place of the journal',
  about: [
    'Stop the CA first. The journal that was there is kept beside the new one. After it no lineage of before is continued:',
    'each sidecar gets a new lineage at its next renewal, by itself. Join tokens that were not spent are void.',
    'Revocations and frozen lineages of the journal that was there stay in force where it can be read, and clients, API',
    'keys and mandates that were ended there stay ended. Rotations of the authority of after the backup are lost.',
    'See docs/backup.md.',
  ].join('\n'),
  rest: 'BACKUP',
  options: {
    config: { value: 'FILE', doc: `Configuration file of the CA. Default: ${CONFIG}.` },
    force: { doc: 'Also over a journal that is newer than the backup, or that cannot be read.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat ca restore /var/backups/cleat/journal-monday.sqlite',
  async run(invocation, io) {
    const [backup, ...more] = invocation.rest;
    if (backup === undefined || more.length > 0) throw new UsageMistake('name one backup');
    const file = invocation.text('config') ?? CONFIG;
    const loaded = await readConfig({ file, table: caConfigTable, environment: io.environment });
    if (!loaded.ok) {
      io.err(loaded.mistakes.map((mistake) => `${formatMistake(mistake)}\n`).join(''));
      return EXIT.usage;
    }
    const done = await restore({ backup, config: loaded.value, isForced: invocation.has('force') }, io);
    io.out(invocation.has('json') ? `${JSON.stringify(done)}\n` : render(backup, done));
    return EXIT.ok;
  },
};

interface Wanted {
  readonly backup: string;
  readonly config: CaConfig;
  readonly isForced: boolean;
}

async function restore({ backup, config, isForced }: Wanted, io: Io): Promise<Restoration> {
  await using audit = auditOf(config, io);
  const done = await restoreJournal({
    backup,
    isForced,
    file: join(config.dataDir, 'journal.sqlite'),
    now: wholeSeconds(io.clock.now()),
    tell: async ({ carried, ...facts }) => {
      // Not before: the stream of a CA that runs is its own.
      await audit?.start(new AbortController().signal);
      if (audit !== undefined) demand(audit.record('journal-restored', { backup, ...facts, ...carried }));
    },
  });
  await audit?.drain(milliseconds(5000));
  return done;
}

/** Into the file of the CA; on standard output it would be nobody's. */
function auditOf(config: CaConfig, io: Io): AuditStream | undefined {
  const { clock } = io;
  const path = auditFileOf(config);
  if (path === undefined) return undefined;
  return createAuditFile({
    path,
    onFailure: config.audit.onFailure,
    remembered: async () => undefined,
    clock,
    log: createLog({ write: (line) => io.err(`${line}\n`), level: 'warn', clock }),
    onHealth: () => undefined,
  });
}

function render(backup: string, { newest, lineages, voided, kept, carried }: Restoration): string {
  const upTo = newest === undefined ? 'no certificate' : `certificates up to ${new Date(newest * 1000).toISOString()}`;
  return [
    `${backup} is in place; it has ${upTo}.`,
    ...(kept === undefined ? [] : [`The journal that was there is ${kept}.`]),
    `${lineages} lineages will not be continued; their sidecars get new ones by themselves.`,
    `${voided} join tokens that were not spent are void: make new ones.`,
    ...(carried === undefined
      ? [
          'LOST are the revocations and frozen lineages of after the backup: no journal was there that can be read. As soon as',
          'the CA runs, revoke again what was revoked, and end again the clients, API keys and mandates that were ended, and',
          'rotate what was rotated; the audit stream has it.',
        ]
      : [
          `${carried.revocations} revocations and ${carried.frozen} frozen lineages of the journal that was there hold.`,
          `${carried.registrations} clients, API keys and mandates are as they were there: ended, or rotated.`,
        ]),
    'Lost are rotations of the authority of after the backup: cleat ca run says if a key does not belong to this journal.',
    '',
  ].join('\n');
}
