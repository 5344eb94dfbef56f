/** The DPoP of a port as the settings and the state of a case describe it. */
import { refuse } from '../../core/fault/refusal.ts';
import { epochSeconds, seconds } from '../../core/time/units.ts';
import { normaliseTarget } from '../../core/token/target-uri.ts';
import { createReplayStore, type ReplayStore } from '../../runtime/token/replay.ts';
import { createDpop, type Dpop } from '../../sidecar/token/dpop.ts';
import type { VectorSettings, VectorTest } from './vector-format.ts';

/** Gives the room. What was used before and which nonces are good, the case says. An entry of `seen` without a key is any key's. */
export function dpopOf({ now, state: { seen, nonces } }: VectorTest, { origins, dpop }: VectorSettings): Dpop {
  const window = seconds(dpop.window);
  const store = createReplayStore({ window, most: seen.length + 1, share: seen.length + 1 });
  for (const one of seen)
    if (typeof one !== 'string') store.take({ ...one, issuedAt: epochSeconds(now) }, epochSeconds(now));
  const check: ReplayStore['check'] = (proof, at) =>
    seen.includes(proof.jti)
      ? refuse('BINDING_REPLAY', 'in the state of the case, of any key')
      : store.check(proof, at);
  return createDpop({
    origins: origins.map((one) => normaliseTarget(one)?.replace(/\/$/, '') ?? one),
    window,
    nonces: dpop.nonce === 'off' ? undefined : { current: () => 'next', accepts: (one) => nonces.includes(one) },
    replay: { ...store, check },
  });
}
