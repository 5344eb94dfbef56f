/** Which port of a configuration is called, and its DPoP, for a trial without the sidecar that remembers nonces and proofs. */
import { Fault } from '../../core/fault/fault.ts';
import { toSeconds } from '../../core/time/units.ts';
import { createReplayStore } from '../../runtime/token/replay.ts';
import type { SidecarConfig } from '../../sidecar/config.ts';
import { createDpop, type Dpop } from '../../sidecar/token/dpop.ts';
import { UsageMistake } from '../verb.ts';

/** Gives the audience: the wanted one, or that of the only port. Throws `UsageMistake` | CONFIG_INVALID. */
export function audienceOf(config: SidecarConfig, audience: string | undefined): string {
  const known = [...new Set(config.inbound.map((port) => port.audience))];
  if (audience !== undefined) {
    if (known.includes(audience)) return audience;
    throw new UsageMistake(`--audience is one of ${known.join(', ')}`);
  }
  const [only, ...more] = known;
  if (only === undefined) throw new Fault('CONFIG_INVALID', 'the configuration has no inbound port');
  if (more.length > 0) throw new UsageMistake(`several ports: give --audience, one of ${known.join(', ')}`);
  return only;
}

/** Gives its DPoP. Which nonces the sidecar handed out, and which proofs were used, is known to it alone: any nonce is taken for one. */
export function dpopOf({ inbound, dpop }: SidecarConfig, audience: string): Dpop {
  const window = toSeconds(dpop.window);
  return createDpop({
    origins: inbound.flatMap((port) => (port.audience === audience ? port.origins : [])),
    window,
    nonces: dpop.nonce === 'off' ? undefined : { current: () => 'next', accepts: () => true },
    replay: createReplayStore({ window, most: 1, share: 1 }),
  });
}
