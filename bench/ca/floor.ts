/**
 * The crypto floor of one issue, in a process of its own on the CA's core: read the request, verify its proof, build the
 * certificate, sign it. No lint, no compare, no wire, no journal. Entry: never imported. Answers each message with the
 * CPU milliseconds an issue.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

import { draftCertificate } from '../../ca/issue/template.ts';
import { grant, type IssuancePolicy } from '../../ca/policy/grant.ts';
import { toAuthority } from '../../ca/signer/authority.ts';
import { draftRoot } from '../../ca/signer/root-template.ts';
import { demand } from '../../core/fault/fault.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../../core/identity/trust-domain.ts';
import { epochSeconds, seconds } from '../../core/time/units.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { parseCsr } from '../../core/x509/csr.ts';
import { encodeCertificate } from '../../core/x509/write.ts';

const ISSUES = 2000;
const REQUESTS = 200;

function createFloor() {
  const trustDomain = demand(parseTrustDomain('bench.example'));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const now = epochSeconds(Math.floor(Date.now() / 1000));
  const validity = { notBefore: epochSeconds(now - 60), notAfter: epochSeconds(now + 86_400) };
  const root = draftRoot({ trustDomain, spki, serial: randomBytes(16), ...validity });
  const authority = toAuthority(
    demand(parseCertificate(encodeCertificate(root, sign('sha256', root, privateKey)))),
    privateKey,
  );
  const policy: IssuancePolicy = {
    ttl: seconds(3600),
    ttlMin: seconds(60),
    ttlMax: seconds(86_400),
    tokenTtl: seconds(300),
    issuer: authority.certificate,
    issuerEnds: authority.endsAt,
    admins: [],
  };
  const id = demand(spiffeIdOf(trustDomain, '/ns/bench/sa/workload'));
  const requests = Array.from({ length: REQUESTS }, () =>
    writeCsr(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey),
  );

  function issue(place: number): void {
    const csr = demand(parseCsr(requests[place % REQUESTS] ?? Buffer.alloc(0), ['p256']));
    const claim = { kind: 'self' } as const;
    const attestation = {
      attestor: 'self',
      evidence: 'self',
      id,
      dnsNames: [],
      claim,
      predecessor: undefined,
    } as const;
    const granted = demand(grant(attestation, { csr, ttl: undefined }, policy, now));
    authority.sign(draftCertificate(granted, policy, randomBytes).tbs);
  }

  return (): number => {
    const before = process.cpuUsage();
    for (let place = 0; place < ISSUES; place += 1) issue(place);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / ISSUES;
  };
}

if (process.send !== undefined) {
  const measure = createFloor();
  process.on('message', () => process.send?.(measure()));
}
