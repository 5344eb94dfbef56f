/** Who vouches for a server that this sidecar asks for keys or about tokens: the roots of the mesh, of the system, or of a file. */
import { readFileSync } from 'node:fs';

import { Fault } from '../core/fault/fault.ts';
import type { Clock } from '../core/time/clock.ts';
import { encodePem } from '../core/x509/pem.ts';
import type { TrustPlace } from '../runtime/config/place.ts';
import type { ServerTrust } from '../runtime/https-call.ts';
import type { Snapshot } from './credentials/snapshot.ts';
import { checkCaServer } from './identity/ca-server.ts';

export interface ServerTrustDeps {
  readonly credentials: { current(): Snapshot | undefined };
  readonly clock: Clock;
}

/** Asked at each fetch, so a rotated root counts at once. Throws TOKEN_KEYS_UNAVAILABLE | CONFIG_FILE. */
export function serverTrust(place: TrustPlace, deps: ServerTrustDeps): ServerTrust | undefined {
  if (place.kind === 'file') return { ca: readRoots(place.path) };
  return place.kind === 'mesh' ? trustOfMesh(deps) : undefined;
}

/** The CA and no other server of the mesh: whoever serves the keys decides who is let in. */
function trustOfMesh({ credentials, clock }: ServerTrustDeps): ServerTrust {
  const snapshot = credentials.current();
  if (snapshot === undefined) throw new Fault('TOKEN_KEYS_UNAVAILABLE', 'there is no bundle of the mesh yet');
  return {
    ca: snapshot.roots.map((der) => encodePem('CERTIFICATE', der)),
    checkServerIdentity: checkCaServer(snapshot, clock),
  };
}

function readRoots(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('CONFIG_FILE', `the roots in ${path} cannot be read`, { cause });
  }
}
