/**
 * The inbound ports of the configuration, with what each offers to clients: DPoP at its public origins, and the metadata of
 * its resource. Puts together; decides nothing.
 */
import { demand } from '../core/fault/fault.ts';
import type { RandomBytes } from '../core/time/clock.ts';
import { seconds, toSeconds } from '../core/time/units.ts';
import { resolveListen } from '../runtime/config/address.ts';
import { createNonces } from '../runtime/token/nonces.ts';
import { createReplayStore } from '../runtime/token/replay.ts';
import type { SidecarConfig } from './config.ts';
import type { InboundPort } from './inbound.ts';
import { resourceMetadata } from './resource-metadata.ts';
import { createDpop } from './token/dpop.ts';

/** One nonce is good for one to two of these. */
const NONCE_STEP = seconds(60);
/** Some 30 MiB when full; in the default window 2,000 proofs a second. */
const PROOFS_MOST = 262_144;
/** Of one client key: in the default window some 270 a second for good. */
const PROOFS_OF_ONE = PROOFS_MOST / 16;

/** The ports; they share nonces and used proofs, since one client key is one client. Throws CONFIG_ENVIRONMENT where podIP is
 *  asked for and POD_IPS does not say it. */
export function createInboundPorts(
  { inbound, dpop: { window, nonce }, issuers }: SidecarConfig,
  { podIps, random }: { readonly podIps: string | undefined; readonly random: RandomBytes },
): readonly InboundPort[] {
  const shared = {
    window: toSeconds(window),
    nonces: nonce === 'required' ? createNonces({ random, step: NONCE_STEP }) : undefined,
    replay: createReplayStore({ window: toSeconds(window), most: PROOFS_MOST, share: PROOFS_OF_ONE }),
  };
  const authorizationServers = issuers.map(({ issuer }) => issuer).filter((issuer) => issuer.startsWith('https://'));
  return inbound.map(({ origins, resource, proxyProtocol, ...port }) => {
    const dpop = createDpop({ ...shared, origins });
    const isDpopServed = dpop.isServed;
    const metadata = resource && resourceMetadata({ ...resource, authorizationServers, isDpopServed });
    return {
      ...port,
      listen: demand(resolveListen(port.listen, podIps)),
      dpop,
      metadata,
      proxies: proxyProtocol?.from,
    };
  });
}
