/**
 * One look at the files of somebody else: read, parsed, judged, and adopted where all agree. What is refused is counted at
 * each look and told once for each state of the files.
 */
import { createHash } from 'node:crypto';

import { rowOf } from '../../core/fault/catalog.ts';
import type { Outcome, Refusal } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Log } from '../../runtime/log.ts';
import { adoptMaterial, parseMaterial } from './file-material.ts';
import { type CredentialFiles, type FileContents, readCredentialFiles } from './files.ts';
import type { SnapshotHolder } from './in-use.ts';
import type { Measures } from './measures.ts';
import type { Snapshot } from './snapshot.ts';
import type { UpkeepState } from './upkeep-state.ts';

export interface FileLookDeps {
  readonly files: CredentialFiles;
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FileLookParts {
  readonly holder: SnapshotHolder;
  readonly measures: Measures;
  readonly state: UpkeepState;
}

/** Gives the look; it must not run twice at a time. Its outcome is the snapshot in use, new or confirmed.
 *  Refuses: RENEW_FILES | CONFIG_FILE | CONFIG_PERMISSION. */
export function createFileLook(deps: FileLookDeps, parts: FileLookParts): () => Promise<Outcome<Snapshot>> {
  const { clock, files, trustDomain } = deps;
  const { holder, measures, state } = parts;
  const tell = createTeller(deps, () => holder.current() === undefined);
  return async () => {
    const read = await readCredentialFiles(files);
    const material = read.ok ? parseMaterial(read.value) : read;
    const now = wholeSeconds(clock.now());
    const previous = holder.current();
    const outcome = material.ok ? adoptMaterial(material.value, { trustDomain, previous, now }) : material;
    if (!outcome.ok) {
      measures.renewals.add([outcome.refusal.code]);
      state.failed(outcome.refusal, now);
      tell(outcome.refusal, read.ok ? digestOf(read.value) : outcome.refusal.detail);
      return outcome;
    }
    state.succeeded();
    tell(undefined);
    if (outcome.value === previous) return outcome;
    measures.renewals.add(['adopted']);
    measures.show(outcome.value);
    holder.replace(outcome.value);
    return outcome;
  };
}

/** One line for each state that is refused, and not one for each look at it. */
function createTeller(
  { log, files }: FileLookDeps,
  isFirst: () => boolean,
): (refusal: Refusal | undefined, state?: string) => void {
  let told = '';
  return (refusal, state = '') => {
    const what = isFirst() ? 'there is no certificate yet' : 'last good certificate kept';
    const news = refusal === undefined ? '' : `${refusal.code} ${state}`;
    if (refusal !== undefined && news !== told) {
      const advice = ADVICE[refusal.code] ?? 'wait for their owner to finish, or look why it does not renew';
      log[rowOf(refusal.code).level](`files refused, ${what}`, { ...refusal, ...files, advice });
    }
    told = news;
  };
}

const ADVICE: Partial<Record<Refusal['code'], string>> = {
  CONFIG_FILE: 'check the paths under credentials.files and that their owner has written them',
  CONFIG_PERMISSION: 'take write and execute from the group and everything from others (chmod 0640 or fsGroup)',
};

/** Tells one state of the files from another. */
function digestOf({ key, certificate, bundle }: FileContents): string {
  return [key, certificate, bundle]
    .reduce((hash, content) => hash.update(`${content.length}\0`).update(content), createHash('sha256'))
    .digest('hex');
}
