/** `cleat config check` and `cleat config print`: a configuration file judged and shown, without starting anything. */
import { stringify } from 'yaml';

import { caConfigTable } from '../ca/config.ts';
import { effectiveConfig } from '../runtime/config/effective.ts';
import { formatMistake } from '../runtime/config/mistake.ts';
import { readConfig } from '../runtime/config/read.ts';
import { schemaOf } from '../runtime/config/schema.ts';
import { sidecarConfigTable } from '../sidecar/config.ts';
import { EXIT, type Io } from './io.ts';
import { UsageMistake, type Invocation, type Verb } from './verb.ts';

const TABLES = { ca: caConfigTable, sidecar: sidecarConfigTable } as const;

const shape = {
  rest: 'ca|sidecar FILE',
  options: { json: { doc: 'Print one JSON object.' } },
} as const;

export const checkConfig: Verb = {
  ...shape,
  name: 'config check',
  summary: 'tell all mistakes of a configuration file',
  about:
    'Each with file, line, column, key, what was found and what is allowed. CLEAT_ variables count. 0: none; 2: some.',
  example: 'cleat config check sidecar /etc/cleat/sidecar.yaml',
  run: (invocation, io) => runConfig(wordsOf('check', invocation), io),
};

export const printConfig: Verb = {
  ...shape,
  name: 'config print',
  summary: 'show the configuration that takes effect',
  about: 'The file, CLEAT_ variables and the defaults of the rest, as YAML; <set> stands for each secret.',
  example: 'cleat config print ca /etc/cleat/ca.yaml',
  run: (invocation, io) => runConfig(wordsOf('print', invocation), io),
};

/** Runs `check|print ca|sidecar FILE [--json]`; gives 0, or 2 where the file has mistakes. Throws CONFIG_FILE where
 *  there is no such file, `UsageMistake` for other words. */
export async function runConfig(words: readonly string[], io: Io): Promise<number> {
  const [verb, name, file, ...more] = words.filter((word) => word !== '--json');
  if ((verb !== 'check' && verb !== 'print') || file === undefined || more.length > 0 || !isProcess(name)) {
    throw new UsageMistake('the words are: config check|print, then ca or sidecar, then the file');
  }
  const asJson = words.includes('--json');
  const loaded = await readConfig<unknown>({ file, table: TABLES[name], environment: io.environment });
  if (!loaded.ok) {
    if (asJson) io.out(`${JSON.stringify({ ok: false, mistakes: loaded.mistakes })}\n`);
    else io.err(loaded.mistakes.map((mistake) => `${formatMistake(mistake)}\n`).join(''));
    return EXIT.usage;
  }
  const config = effectiveConfig(loaded.source, schemaOf(TABLES[name]));
  if (verb === 'check') io.out(asJson ? '{"ok":true,"mistakes":[]}\n' : `${file}: no mistakes\n`);
  else io.out(asJson ? `${JSON.stringify(config)}\n` : stringify(config));
  return EXIT.ok;
}

function wordsOf(verb: 'check' | 'print', invocation: Invocation): readonly string[] {
  return [verb, ...invocation.rest, ...(invocation.has('json') ? ['--json'] : [])];
}

function isProcess(name: string | undefined): name is keyof typeof TABLES {
  return name !== undefined && Object.hasOwn(TABLES, name);
}
