/** Snapshots as the credential source would publish them, under one authority. */
import { demand } from '../../../../core/fault/fault.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { checkSvid } from '../../../../core/x509/svid.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../../../core/time/units.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { issueTestLeaf, type TestAuthority } from '../../../kit/x509.ts';

export interface SnapshotOptions {
  readonly generation: number;
  readonly path?: string;
  readonly now?: EpochSeconds;
  readonly lifetime?: number;
  readonly dns?: readonly string[];
}

export function snapshotOf(authority: TestAuthority, { generation, ...options }: SnapshotOptions): Snapshot {
  const { key, der } = issueTestLeaf(authority, options);
  const leaf = demand(parseCertificate(der));
  const id = demand(checkSvid(leaf, demand(parseTrustDomain(authority.trustDomain))));
  return Object.freeze({
    generation,
    id,
    key,
    leaf,
    chain: [der],
    roots: [authority.der],
    bundleGeneration: 1,
    renewAt: leaf.notAfter,
  });
}

export const thumbprintOf = (snapshot: Snapshot): string => snapshot.leaf.thumbprint.toString('base64url');
