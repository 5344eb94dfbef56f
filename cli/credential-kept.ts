/** What `cleat credential` goes on with when it is started again: the certificate in its folder, while that is good. */
import { Fault } from '../core/fault/fault.ts';
import { refuse, type Outcome } from '../core/fault/refusal.ts';
import type { TrustDomain } from '../core/identity/trust-domain.ts';
import type { Clock, Jitter } from '../core/time/clock.ts';
import { wholeSeconds } from '../core/time/units.ts';
import type { Log } from '../runtime/log.ts';
import { adoptKept } from '../sidecar/credentials/adopt.ts';
import type { Snapshot } from '../sidecar/credentials/snapshot.ts';
import { parseClientIdentity } from './client-identity.ts';
import { readKept, type CredentialFiles } from './credential-folder.ts';

export interface KeptDeps {
  readonly trustDomain: TrustDomain;
  readonly clock: Pick<Clock, 'now'>;
  readonly jitter: Jitter;
  readonly log: Log;
}

/** Undefined where there is none, or none that is good (said in the log): then evidence is needed.
 *  Throws CONFIG_PERMISSION where others can write in the folder. */
export async function takeUp(folder: string, deps: KeptDeps): Promise<Snapshot | undefined> {
  const { log } = deps;
  const files = await readKept(folder);
  if (files === undefined) return undefined;
  const judged = judge(files, deps);
  if (!judged.ok) {
    log.info('the certificate in the folder is not used any more', { folder, ...judged.refusal });
    return undefined;
  }
  const { id, leaf } = judged.value;
  log.info('goes on with the certificate in the folder', { folder, spiffeId: id.uri, serial: leaf.serial });
  return judged.value;
}

function judge(files: CredentialFiles, { trustDomain, clock, jitter }: KeptDeps): Outcome<Snapshot> {
  try {
    const { key, chain, roots } = parseClientIdentity(files);
    return adoptKept({ key, chain, roots, trustDomain, now: wholeSeconds(clock.now()) }, jitter);
  } catch (thrown) {
    const { code, detail } = Fault.from(thrown);
    return refuse(code, detail);
  }
}
