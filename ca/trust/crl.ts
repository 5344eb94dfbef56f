/**
 * Keeps one certificate revocation list published: made anew when something is revoked, when another authority signs, and
 * long before its end. One at a time, and not more than one a second, however much is revoked. The last one is served until
 * its own end, whatever goes wrong with the next.
 */
import { Fault } from '../../core/fault/fault.ts';
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import { signCrl, type SignedCrl } from '../issue/crl.ts';
import type { Journal } from '../journal/journal.ts';
import type { Authority } from '../signer/authority.ts';
import type { RevocationSource } from './revocations.ts';

export interface CrlPublisher extends Service {
  /** DER; undefined where none is valid now. */
  current(): Buffer | undefined;
}

export interface CrlDeps {
  readonly journal: Pick<Journal, 'listRevokedSerials'>;
  readonly revocations: Pick<RevocationSource, 'subscribe'>;
  readonly authority: () => Authority;
  /** Tells that another authority may sign. */
  readonly onAuthority: (tell: () => void) => Disposable;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** A certificate that was issued since is on the next list, at the latest after this. Wall clock, looked at each minute. */
const RENEW_AFTER_SECONDS = 900;
const LOOK_EVERY_MS = 60_000;
const PAUSE_MS = 1000;

interface Published extends SignedCrl {
  readonly number: number;
  readonly madeAt: number;
}

/** Needs the journal and the authority started. */
export function createCrlPublisher(deps: CrlDeps): CrlPublisher {
  const { clock, log } = deps;
  const subscriptions: Disposable[] = [];
  let published: Published | undefined;
  let look: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;
  let isRunning = false;
  let isWanted = false;

  async function make(): Promise<void> {
    const now = wholeSeconds(clock.now());
    // Grows by itself over a restart; a clock that was set back must not let it shrink.
    const number = Math.max((published?.number ?? 0) + 1, clock.now());
    const authority = deps.authority();
    const listed = await deps.journal.listRevokedSerials(authority.certificate.thumbprint.toString('hex'));
    const signed: Outcome<SignedCrl> = listed.ok ? signCrl({ serials: listed.value, number, now }, authority) : listed;
    if (!signed.ok) return log.error('revocation list not made, the last one stays', { ...signed.refusal });
    published = { ...signed.value, number, madeAt: now };
    log.info('revocation list made', { number, entries: listed.ok ? listed.value.length : 0 });
  }

  /** Single flight; what is wanted meanwhile comes after a pause. */
  async function run(): Promise<void> {
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    isWanted = false;
    await make().catch((thrown: unknown) => log.error('revocation list not made', faultFields(Fault.from(thrown))));
    pause = setTimeout(() => {
      isRunning = false;
      if (isWanted) void run();
    }, PAUSE_MS);
    pause.unref();
  }

  function lookAgain(): void {
    const now = wholeSeconds(clock.now());
    if (published === undefined || Math.abs(now - published.madeAt) >= RENEW_AFTER_SECONDS) void run();
  }

  const end = async (): Promise<void> => {
    clearInterval(look);
    clearTimeout(pause);
    for (const subscription of subscriptions.splice(0)) subscription[Symbol.dispose]();
  };

  return {
    name: 'revocation list',
    current() {
      if (published === undefined || wholeSeconds(clock.now()) > published.nextUpdate) return undefined;
      return published.der;
    },
    async start(signal) {
      signal.throwIfAborted();
      const want = (): void => void run();
      subscriptions.push(deps.revocations.subscribe(want), deps.onAuthority(want));
      await run();
      look = setInterval(lookAgain, LOOK_EVERY_MS);
      look.unref();
    },
    drain: end,
    [Symbol.asyncDispose]: end,
  };
}
