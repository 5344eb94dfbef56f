/** Callers of the mesh listener: one certificate, with the lineage and the name that a test wants. */
import { createHash } from 'node:crypto';

import type { Caller } from '../../../../ca/attest/leaf.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { AGENT } from '../small-ca.ts';

export interface CallerOptions {
  /** Undefined: a certificate that names none. */
  readonly lineage: string | undefined;
  readonly path?: string;
}

const LEAF = demand(parseCertificate(issueTestLeaf(createTestAuthority()).der));

export function callerOf({ lineage, path = AGENT }: CallerOptions): Caller {
  const id = demand(parseSpiffeId(`spiffe://mesh.example${path}`));
  if (lineage === undefined) return { id, leaf: { ...LEAF, lineage: undefined } };
  const named = {
    id: createHash('sha256').update(lineage).digest().subarray(0, 16),
    sequence: 0,
    issuedAt: epochSeconds(1_800_000_000),
    predecessors: [],
  };
  return { id, leaf: { ...LEAF, lineage: named } };
}
