/**
 * The sidecar's identity from files that somebody else renews, such as the cert-manager CSI driver or a SPIFFE helper.
 * Their folders are watched and their digest is polled; what is found is adopted only when key, certificate and bundle
 * agree, as one snapshot. Until then the last good one stays, a metric moves and one line of log says why.
 */
import { createHash } from 'node:crypto';

import { rowOf } from '../../core/fault/catalog.ts';
import { refuse, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { retryDelay } from '../../core/time/renewal.ts';
import { type Milliseconds, wholeSeconds } from '../../core/time/units.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { watchFolder } from '../../runtime/watch.ts';
import { adoptMaterial, parseMaterial } from './file-material.ts';
import { type CredentialFiles, type FileContents, foldersOf, readCredentialFiles } from './files.ts';
import { createHolder } from './in-use.ts';
import { createMeasures } from './measures.ts';
import { LOOK_AGAIN, timeLeft } from './renewal-loop.ts';
import { rest } from './rest.ts';
import type { Snapshot } from './snapshot.ts';
import type { CredentialSource } from './source.ts';
import { createUpkeepState } from './upkeep-state.ts';
import { beginUpkeep, type UpkeepDeps } from './upkeep.ts';

export interface FileSourceDeps extends UpkeepDeps {
  readonly files: CredentialFiles;
  readonly trustDomain: TrustDomain;
  readonly metrics: Metrics;
  /** Of the digest poll; default 30 s. */
  readonly poll?: Milliseconds;
}

/** A source that has read nothing yet. `start` resolves with the first snapshot in place, and waits for the files as long
 *  as its signal lets it; then it throws the reason of the last failure. */
export function createFileSource(deps: FileSourceDeps): CredentialSource {
  const { clock, jitter, log, files, trustDomain } = deps;
  const ending = new AbortController();
  const holder = createHolder(log);
  const measures = createMeasures(deps.metrics, log);
  const state = createUpkeepState();
  const tell = createTeller(deps);

  async function adopt(): Promise<Outcome<Snapshot>> {
    const read = await readCredentialFiles(files);
    const material = read.ok ? parseMaterial(read.value) : read;
    if (ending.signal.aborted) return over();
    const now = wholeSeconds(clock.now());
    const previous = holder.current();
    const outcome = material.ok ? adoptMaterial(material.value, { trustDomain, previous, now }) : material;
    if (!outcome.ok) {
      measures.renewals.add([outcome.refusal.code]);
      state.failed(outcome.refusal, now);
      tell(outcome.refusal, read.ok ? digestOf(read.value) : '');
      return outcome;
    }
    state.succeeded();
    tell(undefined);
    if (outcome.value === previous) return outcome;
    measures.renewals.add(['adopted']);
    measures.show(outcome.value);
    holder.replace(outcome.value);
    return outcome;
  }

  const renew = oneAfterAnother(adopt);
  const watches = [...foldersOf(files)].map(([folder, names]) =>
    watchFolder({
      folder,
      names,
      onChange: () => renew().then(() => undefined),
      log,
      ...(deps.poll === undefined ? {} : { poll: deps.poll }),
    }),
  );

  /** What was refused is looked at again by itself: time cures a certificate from the future, and no digest shows a mode. */
  async function reread(until: AbortSignal): Promise<void> {
    await renew();
    let failures = 0;
    while (!until.aborted) {
      const left = timeLeft(holder.current(), clock);
      const isGood = left > 0 && state.facts().lastRefusal === undefined;
      await rest(isGood ? LOOK_AGAIN : retryDelay(failures, left, jitter), until);
      failures = isGood ? 0 : failures + 1;
      if (!isGood) await renew();
    }
  }

  const close = async (): Promise<void> => {
    ending.abort();
    await Promise.all(watches.map((watch) => watch[Symbol.asyncDispose]()));
  };

  return {
    name: 'credentials',
    current: () => holder.current(),
    subscribe: (listener) => holder.subscribe(listener),
    renew: () => (ending.signal.aborted ? Promise.resolve(over()) : renew()),
    upkeep: () => state.facts(),
    mint: async () => refuse('RENEW_NO_CA', 'credentials.source is files'),
    async start(signal) {
      try {
        // The first digest before the first read: no change in between is missed.
        for (const watch of watches) await watch.start(signal);
        const parts = { holder, measures, state, getting: reread, following: [] };
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

const over = (): Outcome<never> => refuse('LIFE_DRAINING', 'the credentials are given up');

/** Who comes while one runs gets the next one, shared: the one under way may have read before the change. */
function oneAfterAnother<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    const made = run().finally(() => {
      if (running === made) running = undefined;
    });
    running = made;
    return made;
  };
  return () => {
    if (running === undefined) return begin();
    next ??= running
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
}

/** One line for each state of the files that is refused, and not one for each look at it. */
function createTeller({ log, files }: FileSourceDeps): (refusal: Refusal | undefined, digest?: string) => void {
  let told = '';
  return (refusal, digest = '') => {
    const news = refusal === undefined ? '' : `${refusal.code} ${digest === '' ? refusal.detail : digest}`;
    if (refusal !== undefined && news !== told)
      log[rowOf(refusal.code).level]('files refused, last good certificate kept', {
        ...refusal,
        ...files,
        advice: ADVICE[refusal.code] ?? 'wait for their owner to finish, or look why it does not renew',
      });
    told = news;
  };
}

const ADVICE: Partial<Record<Refusal['code'], string>> = {
  CONFIG_FILE: 'check the paths under credentials.files and that their owner has written them',
  CONFIG_PERMISSION: 'take write and execute from the group and everything from others (chmod 0640 or fsGroup)',
};

/** Tells one state of the files from another; a digest of a key alone would be too much to keep. */
function digestOf({ key, certificate, bundle }: FileContents): string {
  return [key, certificate, bundle]
    .reduce((hash, content) => hash.update(`${content.length}\0`).update(content), createHash('sha256'))
    .digest('hex');
}
