/** Answers of a CA and the snapshots that come of them, for tests that need the one without the wire. */
import { randomBytes, type KeyObject } from 'node:crypto';

import { demand } from '../../core/fault/fault.ts';
import { parseTrustDomain } from '../../core/identity/trust-domain.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { IssuedCertificate } from '../../runtime/grpc/messages.ts';
import { adoptCertificate, type Answered } from '../../sidecar/credentials/adopt.ts';
import type { Snapshot } from '../../sidecar/credentials/snapshot.ts';
import { issueTestLeaf, TEST_PATH, testKey, type LeafOptions, type TestAuthority } from './x509.ts';

export interface TestAnswer {
  readonly answer: IssuedCertificate;
  readonly key: KeyObject;
}

/** A sound answer, but for what `options` spoils. */
export function testAnswer(authority: TestAuthority, now: EpochSeconds, options: LeafOptions = {}): TestAnswer {
  const key = options.key ?? testKey();
  const lifetime = options.lifetime ?? 3600;
  const lineage = options.lineage ?? { id: randomBytes(16), sequence: 0, issuedAt: now, predecessors: [] };
  const { der } = issueTestLeaf(authority, { now, ...options, lifetime, key, lineage });
  const answer = {
    chain: [der],
    bundle: { generation: 1, roots: [authority.der] },
    spiffeId: `spiffe://${options.trustDomain ?? authority.trustDomain}${options.path ?? TEST_PATH}`,
    renewAt: epochSeconds(now + lifetime / 2),
    notAfter: epochSeconds((options.now ?? now) + lifetime),
    lineageId: lineage.id,
    lineageSequence: lineage.sequence,
  };
  return { answer, key };
}

/** What `adoptCertificate` takes. */
export function answered(authority: TestAuthority, made: TestAnswer, now: EpochSeconds): Answered {
  return { ...made, trustDomain: demand(parseTrustDomain(authority.trustDomain)), previous: undefined, now };
}

/** A snapshot of generation 1 under the authority. */
export function testSnapshot(authority: TestAuthority, now: EpochSeconds, options: LeafOptions = {}): Snapshot {
  return demand(adoptCertificate(answered(authority, testAnswer(authority, now, options), now)));
}
