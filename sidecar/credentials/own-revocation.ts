/**
 * Says when the certificate that we run on is revoked, and when there is another one that is not: readiness hangs on it.
 * One attempt to get that other one is made at once; after that by the retry schedule. What is served meanwhile
 * is decided at each request, not here.
 */
import { describeRevocation } from '../../core/identity/revocation.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import { revocationOf, type RevocationHolder } from './revocations.ts';
import type { CredentialSource } from './source.ts';

export interface OwnRevocationDeps {
  readonly credentials: Pick<CredentialSource, 'current' | 'subscribe' | 'renew'>;
  readonly revocations: Pick<RevocationHolder, 'current' | 'subscribe'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Told at each change. */
  readonly onRevoked: () => void;
  readonly onUnrevoked: () => void;
}

/** Needs the credentials started. */
export function watchOwnRevocation(deps: OwnRevocationDeps): Service {
  const { credentials, revocations, clock, log } = deps;
  const subscriptions: Disposable[] = [];
  let isRevoked = false;

  function look(): void {
    const own = credentials.current();
    if (own === undefined) return;
    const found = revocationOf(own, revocations.current(), wholeSeconds(clock.now()));
    if ((found !== undefined) === isRevoked) return;
    isRevoked = found !== undefined;
    if (found === undefined) {
      log.info('own certificate is not revoked any more', { serial: own.leaf.serial });
      deps.onUnrevoked();
      return;
    }
    const detail = describeRevocation(found);
    log.error('own certificate revoked, nothing is served with it', {
      code: 'RENEW_REVOKED',
      serial: own.leaf.serial,
      spiffeId: own.id.uri,
      detail,
    });
    deps.onRevoked();
    void credentials.renew();
  }

  const end = async (): Promise<void> => {
    for (const subscription of subscriptions.splice(0)) subscription[Symbol.dispose]();
  };
  return {
    name: 'own revocation',
    async start() {
      subscriptions.push(revocations.subscribe(look), credentials.subscribe(look));
      look();
    },
    drain: end,
    [Symbol.asyncDispose]: end,
  };
}
