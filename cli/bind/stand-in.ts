/** What stands for the sidecar itself and for its app in a trial: it may always serve, and nothing is forwarded. */
import { createPublicKey } from 'node:crypto';

import { demand } from '../../core/fault/fault.ts';
import { refuse } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import type { Snapshot } from '../../sidecar/credentials/snapshot.ts';
import type { UpstreamPool } from '../../sidecar/forward/upstream.ts';

/** Gives a snapshot that is valid now, under a name and with a serial number that no revocation has. */
export function standIn(peer: Peer, now: EpochSeconds): Snapshot {
  const leaf = demand(parseCertificate(peer.der));
  return {
    generation: 1,
    id: demand(spiffeIdOf(peer.id.trustDomain, '/cleat/bind')),
    key: createPublicKey({ key: leaf.spki, format: 'der', type: 'spki' }),
    leaf: { ...leaf, serial: '', thumbprint: Buffer.alloc(32), lineage: undefined, notBefore: now, notAfter: now },
    chain: [],
    roots: [],
    bundleGeneration: 1,
    renewAt: now,
  };
}

/** An app that is not there. */
export const NO_APP: UpstreamPool = Object.freeze({
  closeDelimited: false,
  takeIdle: () => undefined,
  open: () => Promise.resolve(refuse('UPSTREAM_UNREACHABLE', 'a trial has no app')),
  noteDesync: () => undefined,
  dropIdle: () => undefined,
  close: () => undefined,
  size: 0,
});
