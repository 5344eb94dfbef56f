/** Whether a server is the CA of our mesh, by its SPIFFE ID and not by the name it was called by. */
import type { PeerCertificate } from 'node:tls';

import { Fault } from '../../core/fault/fault.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { Snapshot } from '../credentials/snapshot.ts';
import { checkUpstream } from './peer.ts';

/** For `checkServerIdentity` of a TLS client that verifies chains against this snapshot's roots: no other server of the
 *  mesh passes. The error is a `Fault` with the refusal of `checkUpstream`. */
export function checkCaServer(
  { id }: Snapshot,
  clock: Clock,
): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (_host, { raw }) => {
    const found = checkUpstream(raw, id.trustDomain, { exact: CA_PATH }, wholeSeconds(clock.now()));
    return found.ok ? undefined : new Fault(found.refusal.code, found.refusal.detail);
  };
}

const CA_PATH = '/cleat/ca';
