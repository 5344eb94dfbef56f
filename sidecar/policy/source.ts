/**
 * Keeps the policy in use current: the file's folder is watched, a change is read whole and checked whole, and one
 * assignment adopts it. On any failure the last good policy stays, a metric moves and a log line says why.
 */
import { basename, dirname } from 'node:path';

import type { Milliseconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { watchFolder } from '../../runtime/watch.ts';
import type { Policy } from './policy.ts';
import { readPolicy } from './read.ts';
import type { KnownNames } from './schema.ts';

export interface PolicySourceDeps {
  readonly file: string;
  /** What the file said when the process started; it passed the same checks. */
  readonly first: Policy;
  readonly known: KnownNames;
  /** Called after each adoption: what was decided by the old policy is to be forgotten. */
  readonly onAdopted: () => void;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Of the digest poll; default 30 s. */
  readonly poll?: Milliseconds;
}

export interface PolicySource extends Service {
  current(): Policy;
}

/** A source that holds `first` until the file says something else that is right. */
export function createPolicySource(deps: PolicySourceDeps): PolicySource {
  const { file, known, log } = deps;
  const reloads = deps.metrics.counter('cleat_policy_reloads_total', 'Reads of the policy file.', ['result']);
  let current = deps.first;

  async function reload(): Promise<void> {
    const found = await readPolicy(file, known);
    if (!found.ok) {
      reloads.add(['refused']);
      log.warn('policy refused, last good kept', {
        code: found.refusal.code,
        mistakes: found.refusal.detail.split('\n'),
      });
      return;
    }
    current = found.value;
    reloads.add(['adopted']);
    log.info('policy adopted', { file, routes: current.routes.length, rules: current.rules.length });
    deps.onAdopted();
  }

  const watch = watchFolder({
    folder: dirname(file),
    names: [basename(file)],
    onChange: reload,
    log,
    ...(deps.poll === undefined ? {} : { poll: deps.poll }),
  });

  return {
    name: 'policy',
    current: () => current,
    async start(signal) {
      await watch.start(signal);
      // The file may have changed between the first read and the first digest.
      await reload();
    },
    drain: (deadline) => watch.drain(deadline),
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };
}
