/** The workload of a token request as the peer that `core/token` compares a token with. */
import type { Peer } from '../../core/identity/peer.ts';
import { thumbprintOfSpki } from '../../core/token/thumbprint.ts';
import type { RequestingWorkload } from './requester.ts';

/** Its leaf, as read before. */
export function callerPeer({ id, leaf }: RequestingWorkload): Peer {
  return {
    id,
    thumbprint: leaf.thumbprint,
    thumbprintText: leaf.thumbprint.toString('base64url'),
    serial: leaf.serial,
    keyThumbprint: () => thumbprintOfSpki(leaf.spki),
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    lineage: leaf.lineage,
    isLineageMalformed: leaf.isLineageMalformed,
    der: leaf.der,
  };
}
