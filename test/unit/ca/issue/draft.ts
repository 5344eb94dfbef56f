/** A sound draft for the tests of lint and ticket, and what it was made from. */
import { randomBytes } from 'node:crypto';

import { draftCertificate, type Draft } from '../../../../ca/issue/template.ts';
import { grant, type Grant } from '../../../../ca/policy/grant.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { spiffeIdOf } from '../../../../core/identity/spiffe-id.ts';
import { wholeSeconds } from '../../../../core/time/units.ts';
import { epochMilliseconds } from '../../../../core/time/units.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { createTestAuthority, testKey } from '../../../kit/x509.ts';
import { AGENT, LIFETIMES, MESH } from '../small-ca.ts';

export const AUTHORITY = createTestAuthority();
export const POLICY = {
  ...LIFETIMES,
  issuer: AUTHORITY.certificate,
  issuerEnds: AUTHORITY.certificate.notAfter,
};
export const KEY = testKey();

export function soundGrant(): Grant {
  const attestation = {
    attestor: 'join-token',
    evidence: 'join-token:f0',
    id: demand(spiffeIdOf(MESH, AGENT)),
    dnsNames: ['localhost'],
    claim: { kind: 'join-token', hash: 'f0' },
    predecessor: undefined,
  } as const;
  const csr = demand(parseCsr(writeCsr(KEY), ['p256']));
  return demand(grant(attestation, { csr, ttl: undefined }, POLICY, wholeSeconds(epochMilliseconds(Date.now()))));
}

export function soundDraft(): Draft {
  return draftCertificate(soundGrant(), POLICY, randomBytes);
}
