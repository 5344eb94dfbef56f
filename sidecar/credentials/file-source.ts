/**
 * The sidecar's identity from files that somebody else renews, such as the cert-manager CSI driver or a SPIFFE helper.
 * Their folders are watched and their digest is polled; what is found is adopted only when key, certificate and bundle
 * agree, as one snapshot. Until then the last good one stays, a metric moves and one line of log says why.
 */
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import { retryDelay } from '../../core/time/renewal.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { watchFolder } from '../../runtime/watch.ts';
import { createFileLook, type FileLookDeps } from './file-look.ts';
import { foldersOf } from './files.ts';
import { createHolder } from './in-use.ts';
import { createMeasures } from './measures.ts';
import { oneAfterAnother } from './one-after-another.ts';
import { LOOK_AGAIN, timeLeft } from './renewal-loop.ts';
import { rest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';
import type { CredentialSource } from './source.ts';
import { createUpkeepState, type UpkeepState } from './upkeep-state.ts';
import { beginUpkeep, type UpkeepDeps } from './upkeep.ts';

export interface FileSourceDeps extends UpkeepDeps, FileLookDeps {
  readonly metrics: Metrics;
  /** Of the digest poll; default 30 s. */
  readonly poll?: Milliseconds;
}

/** A source that has read nothing yet. `start` resolves with the first snapshot in place, and waits for the files as long
 *  as its signal lets it; then it throws the reason of the last failure. */
export function createFileSource(deps: FileSourceDeps): CredentialSource {
  const ending = new AbortController();
  const holder = createHolder(deps.log);
  const measures = createMeasures(deps.metrics, deps.log);
  const state = createUpkeepState();
  const look = oneAfterAnother(createFileLook(deps, { holder, measures, state }));
  const renew = async (): Promise<Outcome<Snapshot>> => {
    const over = refuse('LIFE_DRAINING', 'the credentials are given up');
    return ending.signal.aborted ? over : look();
  };
  const watches = createWatches(deps, renew);
  const close = async (): Promise<void> => {
    ending.abort();
    await Promise.all(watches.map((watch) => watch[Symbol.asyncDispose]()));
  };

  return {
    name: 'credentials',
    current: () => holder.current(),
    subscribe: (tell) => holder.subscribe(tell),
    renew,
    upkeep: () => state.facts(),
    mint: async () => refuse('RENEW_NO_CA', 'credentials.source is files'),
    async start(signal) {
      const current = (): Snapshot | undefined => holder.current();
      const getting = (until: AbortSignal): Promise<void> => lookAgain({ ...deps, renew, current, state }, until);
      try {
        // The first digest before the first read: no change in between is missed.
        for (const watch of watches) await watch.start(signal);
        const parts = { holder, measures, state, getting, following: [] };
        await beginUpkeep(deps, parts, { signal, ending: ending.signal });
      } catch (cause) {
        await close();
        throw cause;
      }
    },
    drain: close,
    [Symbol.asyncDispose]: close,
  };
}

/** One for each folder. */
function createWatches({ files, log, poll }: FileSourceDeps, renew: () => Promise<unknown>): readonly Service[] {
  const onChange = async (): Promise<void> => {
    await renew();
  };
  const interval = poll === undefined ? {} : { poll };
  return [...foldersOf(files)].map(([folder, names]) => watchFolder({ folder, names, onChange, log, ...interval }));
}

interface LookingAgain extends Pick<FileSourceDeps, 'clock' | 'jitter'> {
  readonly renew: () => Promise<Outcome<Snapshot>>;
  readonly current: () => Snapshot | undefined;
  readonly state: UpkeepState;
}

/** What was refused is looked at again by itself: time cures a certificate from the future, and no digest shows a mode. */
async function lookAgain(deps: LookingAgain, until: AbortSignal): Promise<void> {
  const { clock, jitter, renew, current, state } = deps;
  await renew();
  let failures = 0;
  while (!until.aborted) {
    const left = timeLeft(current(), clock);
    const isGood = left > 0 && state.facts().lastRefusal === undefined;
    await rest(isGood ? LOOK_AGAIN : retryDelay(failures, left, jitter), until);
    failures = isGood ? 0 : failures + 1;
    if (!isGood) await renew();
  }
}
