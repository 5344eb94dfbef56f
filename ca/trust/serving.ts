/**
 * The CA's own serving certificate: issued by the CA itself, through the same cycle as anybody's, and renewed before it
 * ends. It starts a lineage of its own each time: no token is ever bound to it.
 */
import { Fault, demand } from '../../core/fault/fault.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { renewAt, retryDelay } from '../../core/time/renewal.ts';
import { milliseconds, wholeSeconds, type EpochSeconds, type Milliseconds } from '../../core/time/units.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import type { TlsIdentity } from '../../runtime/tls-options.ts';
import type { Issuer } from '../issue/issuer.ts';
import { chainOf } from '../issue/record.ts';
import { makeKey } from '../signer/key-file.ts';
import type { Authorities } from './authorities.ts';
import type { TrustBundle } from './bundle.ts';

export interface ServingIdentity extends Service {
  /** Secret. Throws before `start`. */
  readonly current: () => TlsIdentity;
  /** Calls `tell` with each identity that comes after now. */
  readonly subscribe: (tell: (identity: TlsIdentity) => void) => Disposable;
}

export interface ServingDeps {
  readonly issuer: Pick<Issuer, 'issue'>;
  readonly bundle: TrustBundle;
  readonly authorities: Pick<Authorities, 'current' | 'vouchers' | 'subscribe'>;
  readonly dnsNames: readonly string[];
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  /** Told false when the certificate has run out, true when there is a valid one. */
  readonly onHealth: (valid: boolean) => void;
}

/** The wall clock is looked at this often, so that after a jump of the clock, or a sleep, what is served is valid
 *  again within seconds. */
const LOOK_EVERY_MS = 5000;
/** Certificates are backdated by as much. */
const EARLY_SECONDS = 60;

interface Held {
  readonly identity: TlsIdentity;
  readonly issuedAt: EpochSeconds;
  readonly renewAt: EpochSeconds;
  readonly notAfter: EpochSeconds;
  /** Thumbprint of the authority. */
  readonly signedBy: string;
}

/** A service that has a certificate once it has started. `start` waits while the issuer cannot sign, for the operator or
 *  the schedule to bring another; it throws what else the cycle refuses. */
export function createServingIdentity(deps: ServingDeps): ServingIdentity {
  const { authorities, clock, jitter, log, onHealth } = deps;
  const subscribers = new Set<(identity: TlsIdentity) => void>();
  let held: Held | undefined;
  let timer: NodeJS.Timeout | undefined;
  let attempt = 0;
  const watching = new DisposableStack();
  let isRenewing = false;

  function adopt(next: Held): void {
    for (const tell of subscribers) tell(next.identity);
    held = next;
    onHealth(true);
  }

  function follow(): void {
    if (held === undefined) return;
    adopt({ ...held, identity: { ...held.identity, ...trustOf(deps) } });
    lookAgain(0);
  }

  async function look(): Promise<void> {
    if (held === undefined || isRenewing) return;
    const now = wholeSeconds(clock.now());
    if (!isDue(held, now, authorities)) return lookAgain((held.renewAt - now) * 1000);
    isRenewing = true;
    try {
      adopt(await obtain(deps));
      attempt = 0;
      log.info('own certificate renewed', { notAfter: held.notAfter });
      lookAgain(0);
    } catch (thrown) {
      lookAgain(retryDelay(attempt, sayNotRenewed(thrown, held.notAfter - now, deps), jitter));
      attempt += 1;
    } finally {
      isRenewing = false;
    }
  }

  function lookAgain(after: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), Math.min(after, LOOK_EVERY_MS)).unref();
  }

  return {
    name: 'serving-certificate',
    async start(signal) {
      signal.throwIfAborted();
      adopt(await obtainFirst(deps, signal));
      watching.use(deps.bundle.subscribe(follow));
      watching.use(authorities.subscribe(follow));
      lookAgain(0);
    },
    current() {
      if (held !== undefined) return held.identity;
      throw new Fault('BUG_UNEXPECTED', 'the serving certificate is asked for before start');
    },
    subscribe: (tell) => listen(subscribers, tell),
    drain: async () => clearTimeout(timer),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      watching[Symbol.dispose]();
    },
  };
}

function listen<T>(subscribers: Set<(next: T) => void>, tell: (next: T) => void): Disposable {
  subscribers.add(tell);
  return { [Symbol.dispose]: () => void subscribers.delete(tell) };
}

/** Gives what is left of the old one, in milliseconds. */
function sayNotRenewed(thrown: unknown, left: number, { log, onHealth }: ServingDeps): Milliseconds {
  if (left < 0) onHealth(false);
  log.warn('own certificate not renewed', { leftMs: left * 1000, ...faultFields(thrown) });
  return milliseconds(left * 1000);
}

/** Whether another certificate is wanted: at its time, under a clock that came back, under a new authority (whoever trusts
 *  both roots sees no difference, and the old one can go). */
function isDue(held: Held, now: EpochSeconds, authorities: ServingDeps['authorities']): boolean {
  // Issued by a clock that was ahead and came back: to everybody else it is not valid yet.
  const isEarly = now < held.issuedAt - EARLY_SECONDS;
  const isForeign = held.signedBy !== authorities.current().certificate.thumbprint.toString('hex');
  return now >= held.renewAt || isEarly || isForeign;
}

/** The first certificate, once there is an issuer that can sign it. */
async function obtainFirst(deps: ServingDeps, signal: AbortSignal): Promise<Held> {
  for (;;) {
    const changed = untilChanged(deps.authorities, signal);
    try {
      return await obtain(deps);
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== 'GRANT_ISSUER_EXPIRED') throw thrown;
      deps.log.error('nothing is served until another issuer signs', faultFields(thrown));
      await changed;
      signal.throwIfAborted();
    }
  }
}

function untilChanged(authorities: ServingDeps['authorities'], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      watch[Symbol.dispose]();
      resolve();
    };
    const watch = authorities.subscribe(end);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** What of the identity follows the bundle, not the certificate. */
function trustOf({ bundle, authorities }: ServingDeps): Pick<TlsIdentity, 'roots' | 'vouchers'> {
  return { roots: bundle.current().roots, vouchers: authorities.vouchers() };
}

/** A new key, certified. Throws what the cycle refuses. */
async function obtain(deps: ServingDeps): Promise<Held> {
  const { issuer, dnsNames, jitter } = deps;
  const key = makeKey();
  const evidence = { kind: 'self', dnsNames } as const;
  const { record } = demand(await issuer.issue({ csr: writeCsr(key), ttl: undefined, evidence }));
  return {
    identity: { key, chain: chainOf(record), ...trustOf(deps) },
    signedBy: record.authority,
    issuedAt: record.issuedAt,
    notAfter: record.notAfter,
    renewAt: renewAt(record.issuedAt, record.notAfter, jitter),
  };
}
