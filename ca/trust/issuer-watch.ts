/**
 * Follows the files of an issuer that was signed elsewhere: watches their folders and polls their digest. On any failure
 * the last good issuer stays, a metric moves and a line says why.
 */
import { basename, dirname } from 'node:path';

import type { Refusal } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds, type Milliseconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { watchFolder } from '../../runtime/watch.ts';
import { foldersOf, readIssuerFiles, type IssuerPlaces } from '../signer/issuer-files.ts';
import type { Authorities } from './authorities.ts';
import type { RotationDesk } from './rotation-desk.ts';
import { rootsOf } from './seats.ts';

export interface IssuerWatchDeps {
  readonly places: IssuerPlaces;
  readonly trustDomain: TrustDomain;
  readonly authorities: Pick<Authorities, 'seats'>;
  readonly desk: Pick<RotationDesk, 'adopt'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
  /** Told after each adoption: a step may be due. */
  readonly onAdopted: () => Promise<void>;
  /** Default 30 s. */
  readonly poll?: Milliseconds;
}

/** The watch as a service: starts after the authorities have begun, and looks once more then. */
export function watchIssuer(deps: IssuerWatchDeps): Service {
  const { places, authorities, log, metrics, clock, trustDomain } = deps;
  const reloads = metrics.counter('cleat_ca_issuer_reloads_total', 'Changes of the issuer files, by their end.', [
    'result',
  ]);
  let running: Promise<void> = Promise.resolve();

  function refused(refusal: Refusal): void {
    reloads.add(['refused']);
    log.warn('issuer files refused, last good kept', { ...refusal });
  }

  async function reload(): Promise<void> {
    const read = await readIssuerFiles(places, { trustDomain, now: wholeSeconds(clock.now()) });
    if (!read.ok) return refused(read.refusal);
    const done = await deps.desk.adopt(read.value);
    if (!done.ok) return refused(done.refusal);
    if (done.value === 'in-use') return;
    reloads.add(['adopted']);
    const { roots } = read.value;
    const kept = rootsOf(authorities.seats()).filter((der) => !roots.some((root) => root.equals(der)));
    if (kept.length > 0)
      log.warn('roots that the files no longer hold stay in the bundle while certificates chain to them', {
        kept: kept.length,
      });
    await deps.onAdopted();
  }

  /** One after the other: several folders may change at once. */
  function soon(): Promise<void> {
    running = running.then(reload);
    return running;
  }

  const watches = foldersOf(places).map((folder) =>
    watchFolder({
      folder,
      names: Object.values(places)
        .filter((path: string) => dirname(path) === folder)
        .map((path: string) => basename(path)),
      onChange: soon,
      log,
      ...(deps.poll === undefined ? {} : { poll: deps.poll }),
    }),
  );
  const each = async (act: (watch: Service) => Promise<void>): Promise<void> => {
    await Promise.all(watches.map(act));
  };
  return {
    name: 'issuer-files',
    async start(signal) {
      await each((watch) => watch.start(signal));
      // Between the first reading and the first digest they may have changed.
      await soon();
    },
    drain: (deadline) => each((watch) => watch.drain(deadline)),
    [Symbol.asyncDispose]: () => each((watch) => watch[Symbol.asyncDispose]()),
  };
}
