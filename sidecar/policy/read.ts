/** Reads a policy file whole and checks it whole: a policy with one mistake is no policy. */
import { basename, dirname } from 'node:path';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import { loadConfig } from '../../runtime/config/load.ts';
import { formatMistake } from '../../runtime/config/mistake.ts';
import { readStable } from '../../runtime/read-stable.ts';
import type { Policy } from './policy.ts';
import { type KnownNames, policyTable } from './schema.ts';

/** The policy in the file. Refuses: CONFIG_FILE | CONFIG_SYNTAX | CONFIG_INVALID; the detail has one line a mistake. */
export async function readPolicy(file: string, known: KnownNames): Promise<Outcome<Policy>> {
  const name = basename(file);
  const found = await readStable(dirname(file), [name]);
  return found.ok ? parsePolicy(file, found.value.get(name)?.toString('utf8') ?? '', known) : found;
}

/** The policy that the text of `file` says. Refuses: CONFIG_SYNTAX | CONFIG_INVALID, as `readPolicy`. Pure. */
export function parsePolicy(file: string, text: string, known: KnownNames): Outcome<Policy> {
  const loaded = loadConfig({ file, text, environment: {}, table: policyTable(known) });
  if (loaded.ok) return admit(Object.freeze(loaded.value));
  const isSyntax = loaded.mistakes.some(({ code }) => code === 'CONFIG_SYNTAX');
  return refuse(isSyntax ? 'CONFIG_SYNTAX' : 'CONFIG_INVALID', loaded.mistakes.map(formatMistake).join('\n'));
}
