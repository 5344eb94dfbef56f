/**
 * Follows the files of an issuer that was signed elsewhere: watches their folders and polls their digest. On any failure
 * the last good issuer stays, a metric moves and a line says why.
 */
import { wholeSeconds } from '../../core/time/units.ts';
import { basename, dirname } from 'node:path';

import type { Refusal } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock } from '../../core/time/clock.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { watchFolder } from '../../runtime/watch.ts';
import { foldersOf, readIssuerFiles, type IssuerMaterial, type IssuerPlaces } from '../signer/issuer-files.ts';
import type { Authorities } from './authorities.ts';
import { adoptIssuer } from './issuer-adoption.ts';
import { rootsOf } from './seats.ts';

export interface IssuerWatchDeps {
  readonly places: IssuerPlaces;
  readonly trustDomain: TrustDomain;
  readonly authorities: Authorities;
  readonly audit: Audit;
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
    if (isInUse(authorities, read.value)) return;
    const { authority, roots } = read.value;
    const facts = { authority: authority.certificate.thumbprint.toString('hex'), roots: roots.length };
    const said = deps.audit.record('issuer-files', facts);
    if (!said.ok) return refused(said.refusal);
    const done = await authorities.change({ seats: adoptIssuer(authorities.seats(), authority), announced: roots });
    if (!done.ok) return refused(done.refusal);
    reloads.add(['adopted']);
    log.info('issuer files adopted', { ...facts, endsAt: authority.endsAt, ...authorities.bundle() });
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

/** Whether these very files are what the CA runs on already. */
function isInUse(authorities: Authorities, { authority, roots }: IssuerMaterial): boolean {
  const held = authorities
    .seats()
    .some(
      (seat) =>
        seat.authority.certificate.der.equals(authority.certificate.der) &&
        seat.authority.root.der.equals(authority.root.der) &&
        seat.record.slot !== 'retired',
    );
  const isNewest = authorities
    .seats()
    .every(
      ({ record, authority: seated }) =>
        record.slot !== 'prepared' || seated.certificate.der.equals(authority.certificate.der),
    );
  return held && isNewest && isSameSet(authorities.announced(), roots);
}

function isSameSet(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return one.length === other.length && one.every((der) => other.some((each) => each.equals(der)));
}
