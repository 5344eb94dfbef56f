/** A bound token from the CA, asked for with the certificate that it will be bound to. */
import type { Outcome } from '../core/fault/refusal.ts';
import { openMesh } from '../runtime/grpc/ca-client.ts';
import type { MintedToken, MintRequest } from '../runtime/grpc/messages.ts';
import type { ClientIdentity } from './client-identity.ts';

/** One call on a connection of its own. Refuses with the CA's code, or a RENEW_ code where it cannot be reached. */
export async function mintToken(
  identity: ClientIdentity,
  mesh: string,
  request: MintRequest,
): Promise<Outcome<MintedToken>> {
  const client = openMesh({ addresses: [mesh], caId: identity.caId, identity });
  try {
    return await client.mint(request);
  } finally {
    client.close();
  }
}
