/** `cleat ca verify`, `cleat ca export`: a journal that no CA runs on, judged and printed. */
import { openOffline } from '../ca/journal/offline-file.ts';
import { exportRows } from '../ca/journal/export.ts';
import { judgeSoundness } from '../ca/journal/soundness.ts';
import { wholeSeconds } from '../core/time/units.ts';
import { toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import { UsageMistake, type Invocation, type Verb } from './verb.ts';

const JOURNAL = '/var/lib/cleat/journal.sqlite';
const rest = '[FILE]';
const OF_A_RUNNING_CA = `Default: ${JOURNAL}. The journal of a running CA is its own: take a backup and give that.`;

export const caVerify: Verb = {
  name: 'ca verify',
  summary: 'check a journal or a backup of one',
  about: [
    OF_A_RUNNING_CA,
    'The file must be whole, each certificate what its row says and signed by an authority of the journal, each lineage',
    'headed by its newest certificate. Exit code 1: something is wrong; the first such thing is named.',
  ].join('\n'),
  rest,
  options: { json: { doc: 'Print one JSON object.' } },
  example: 'cleat ca verify /var/backups/cleat/journal-monday.sqlite',
  async run(invocation, io) {
    const file = fileOf(invocation);
    const database = openOffline(file);
    try {
      const soundness = judgeSoundness(database, wholeSeconds(io.clock.now()));
      const { authorities, certificates, lineages, fault } = soundness;
      if (invocation.has('json')) io.out(`${toSafeJson(soundness)}\n`);
      else if (fault !== undefined) io.out(`${file} is unsound: ${fault}\n`);
      else io.out(`${file} is sound: ${authorities} authorities, ${certificates} certificates, ${lineages} lineages\n`);
      return fault === undefined ? EXIT.ok : EXIT.failed;
    } finally {
      database.close();
    }
  },
};

export const caExport: Verb = {
  name: 'ca export',
  summary: 'print a journal as JSON lines',
  about: `${OF_A_RUNNING_CA}\nOne row a line, \`kind\` is its table; DER is base64, instants are Unix seconds. No secret is in it.`,
  rest,
  options: {},
  example: 'cleat ca export /var/backups/cleat/journal-monday.sqlite',
  async run(invocation, io) {
    const database = openOffline(fileOf(invocation));
    try {
      for (const row of exportRows(database)) io.out(`${toSafeJson(row)}\n`);
      return EXIT.ok;
    } finally {
      database.close();
    }
  },
};

function fileOf({ rest: [file, ...more] }: Invocation): string {
  if (more.length > 0) throw new UsageMistake('one file at a time');
  return file ?? JOURNAL;
}
