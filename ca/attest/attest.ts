/** From evidence to attestation: one attestor a kind. A new kind is a new line here and a file beside this one. */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import type { RevocationIndex } from '../../core/identity/revocation.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { ShownEvidence } from '../../runtime/grpc/messages.ts';
import type { Journal } from '../journal/journal.ts';
import { CA_PATH } from '../policy/reserved.ts';
import type { Attestation } from './attestation.ts';
import { attestJoinToken, parseEvidence } from './join-token.ts';
import { attestLeaf } from './leaf.ts';
import { attestOidc, type OidcAttestor } from './oidc.ts';
import { attestX509, type X509Attestor } from './x509.ts';

/** What a workload shows, what a leaf proves in its handshake (`certificate`: read from `der` before), and `self`: the CA itself, which never comes from outside. */
export type Evidence =
  | ShownEvidence
  | { readonly kind: 'leaf'; readonly der: Buffer; readonly certificate?: Certificate | undefined }
  | { readonly kind: 'self'; readonly dnsNames: readonly string[] };

/** Whom the configuration trusts to vouch for workloads. */
export interface Attestors {
  /** In the order in which their roots are tried. */
  readonly x509: readonly X509Attestor[];
  /** By `iss`. */
  readonly oidc: ReadonlyMap<string, OidcAttestor>;
}

/** Join tokens and renewals only. */
export const NO_ATTESTORS: Attestors = { x509: [], oidc: new Map() };

export interface AttestDeps {
  readonly trustDomain: TrustDomain;
  readonly attestors: Attestors;
  readonly journal: Pick<Journal, 'findJoinToken' | 'findIssuance'>;
  readonly revocations: { current(): RevocationIndex };
  /** SHA-256 of each root that the CA's bundle holds. */
  readonly rootDigests: readonly Buffer[];
  /** DER of the SPKI of the issuer. */
  readonly ownKey: Buffer;
  /** DER of the request that the evidence is shown for. */
  readonly csr: Buffer;
  readonly now: EpochSeconds;
}

/** What the evidence proves. Refuses: ATTEST_EVIDENCE | ATTEST_JOIN_TOKEN | ATTEST_X509 | ATTEST_OIDC | ATTEST_UNAVAILABLE |
 *  ATTEST_PEER | GRANT_LINEAGE, and what the journal refuses. */
export async function attest(evidence: Evidence, deps: AttestDeps): Promise<Outcome<Attestation>> {
  const { trustDomain, attestors, now } = deps;
  if (evidence.kind === 'join-token') return attestToken(evidence.text, deps);
  if (evidence.kind === 'x509') return attestX509(evidence, { ...deps, attestors: attestors.x509 });
  if (evidence.kind === 'oidc')
    return attestOidc(evidence.token, { ...deps, attestors: attestors.oidc, revocations: deps.revocations.current() });
  if (evidence.kind === 'leaf') return attestLeaf(evidence.certificate ?? evidence.der, trustDomain, now);
  return attestSelf(evidence.dnsNames, trustDomain);
}

async function attestToken(text: string, deps: AttestDeps): Promise<Outcome<Attestation>> {
  const token = parseEvidence(text, deps.rootDigests);
  if (!token.ok) return token;
  const record = await deps.journal.findJoinToken(token.value.hash);
  return record.ok ? attestJoinToken(record.value, deps.trustDomain) : record;
}

/** The CA's own serving certificate: its configured names, and nothing used up. */
function attestSelf(dnsNames: readonly string[], trustDomain: TrustDomain): Outcome<Attestation> {
  const id = spiffeIdOf(trustDomain, CA_PATH);
  if (!id.ok) return id;
  return admit({
    attestor: 'self',
    evidence: 'self',
    id: id.value,
    dnsNames,
    claim: { kind: 'self' },
    predecessor: undefined,
  });
}
