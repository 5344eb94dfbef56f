/**
 * The CA's own serving certificate: issued by the CA itself, through the same cycle as anybody's, and renewed before it
 * ends. It starts a lineage of its own each time: no token is ever bound to it.
 */
import { Fault, demand } from '../../core/fault/fault.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { renewAt, retryDelay } from '../../core/time/renewal.ts';
import { milliseconds, wholeSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import type { TlsIdentity } from '../../runtime/tls-options.ts';
import type { Issuer } from '../issue/issuer.ts';
import { makeKey } from '../signer/key-file.ts';
import type { TrustBundle } from './bundle.ts';

export interface ServingIdentity extends Service {
  /** Secret. Throws before `start`. */
  readonly current: () => TlsIdentity;
  /** Calls `tell` with each identity that comes after now. */
  readonly subscribe: (tell: (identity: TlsIdentity) => void) => Disposable;
}

export interface ServingDeps {
  readonly issuer: Issuer;
  readonly bundle: TrustBundle;
  readonly dnsNames: readonly string[];
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  /** Told false when the certificate has run out, true when there is a valid one. */
  readonly onHealth: (valid: boolean) => void;
}

/** The wall clock is looked at this often, so that a host that slept renews within a minute of waking. */
const LOOK_EVERY_MS = 60_000;

interface Held {
  readonly identity: TlsIdentity;
  readonly renewAt: EpochSeconds;
  readonly notAfter: EpochSeconds;
}

/** A service that has a certificate once it has started. `start` throws what the cycle refuses. */
export function createServingIdentity(deps: ServingDeps): ServingIdentity {
  const { bundle, clock, jitter, log, onHealth } = deps;
  const subscribers = new Set<(identity: TlsIdentity) => void>();
  let held: Held | undefined;
  let timer: NodeJS.Timeout | undefined;
  let attempt = 0;
  let watching: Disposable | undefined;

  function adopt(next: Held): void {
    for (const tell of subscribers) tell(next.identity);
    held = next;
    onHealth(true);
  }

  async function look(): Promise<void> {
    if (held === undefined) return;
    const now = wholeSeconds(clock.now());
    if (now < held.renewAt) return lookAgain((held.renewAt - now) * 1000);
    try {
      adopt(await obtain(deps));
      attempt = 0;
      log.info('own certificate renewed', { notAfter: held.notAfter });
      lookAgain(0);
    } catch (thrown) {
      const left = milliseconds((held.notAfter - now) * 1000);
      if (left < 0) onHealth(false);
      log.warn('own certificate not renewed', { leftMs: left, ...faultFields(thrown) });
      lookAgain(retryDelay(attempt, left, jitter));
      attempt += 1;
    }
  }

  function lookAgain(after: number): void {
    timer = setTimeout(() => void look(), Math.min(after, LOOK_EVERY_MS));
    timer.unref();
  }

  return {
    name: 'serving-certificate',
    async start(signal) {
      signal.throwIfAborted();
      adopt(await obtain(deps));
      watching = bundle.subscribe(({ roots }) => {
        if (held !== undefined) adopt({ ...held, identity: { ...held.identity, roots } });
      });
      lookAgain(0);
    },
    current() {
      if (held === undefined) throw new Fault('BUG_UNEXPECTED', 'the serving certificate is asked for before start');
      return held.identity;
    },
    subscribe(tell) {
      subscribers.add(tell);
      return { [Symbol.dispose]: () => void subscribers.delete(tell) };
    },
    drain: async () => clearTimeout(timer),
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      watching?.[Symbol.dispose]();
    },
  };
}

/** A new key, certified. Throws what the cycle refuses. */
async function obtain({ issuer, bundle, dnsNames, jitter }: ServingDeps): Promise<Held> {
  const key = makeKey();
  const evidence = { kind: 'self', dnsNames } as const;
  const { record } = demand(await issuer.issue({ csr: writeCsr(key), ttl: undefined, evidence }));
  return {
    identity: { key, chain: [Buffer.from(record.der)], roots: bundle.current().roots },
    notAfter: record.notAfter,
    renewAt: renewAt(record.issuedAt, record.notAfter, jitter),
  };
}
