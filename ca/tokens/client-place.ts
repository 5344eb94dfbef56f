/**
 * Decides whether a client may be used from where the request came. Pure. The workload is one whose certificate TLS
 * verified and that belongs to our trust domain; who authenticated the client is not looked at here.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { matchesId } from '../../core/identity/pattern.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { ClientRecord } from '../journal/record.ts';

/** Admits a workload that the registration names, and a request without a certificate where the client is registered for
 *  DPoP. Refuses: GRANT_CLIENT. */
export function checkPlace(client: ClientRecord, workload: SpiffeId | undefined): Outcome<void> {
  if (workload === undefined)
    return client.dpopBound
      ? admit(undefined)
      : refuse('GRANT_CLIENT', `client ${client.id} is not registered for DPoP: its certificate is demanded`);
  if (client.spiffe.some((pattern) => matchesId(pattern, workload))) return admit(undefined);
  return refuse('GRANT_CLIENT', `client ${client.id} may not be used from ${workload.uri}`);
}
