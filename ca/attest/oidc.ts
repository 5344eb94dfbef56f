/**
 * The OIDC attestor: a JWT that a configured issuer (a CI system, a cloud, a cluster) gave to a workload for this CA. It is
 * verified as sidecars verify access tokens, and named by the rules of its issuer. A token that is bound to a key or a
 * certificate is refused: here it would count as a bearer token.
 */
import { createHash } from 'node:crypto';

import { admit, refuse, refuseFor, type Outcome } from '../../core/fault/refusal.ts';
import { describeRevocation, type RevocationIndex } from '../../core/identity/revocation.ts';
import type { NameTemplate } from '../../core/identity/name-template.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import { milliseconds, type EpochSeconds } from '../../core/time/units.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { type TrustedIssuer, verifyToken } from '../../runtime/token/verify-token.ts';
import type { Attestation } from './attestation.ts';
import { nameByRule } from './name-rule.ts';

export interface OidcAttestor {
  readonly issuer: TrustedIssuer;
  /** What `aud` must name: this CA. */
  readonly audience: string;
  readonly rules: readonly OidcRule[];
}

export interface OidcRule {
  /** What each claim must be; at least one. Claims are text. */
  readonly claims: readonly { readonly name: string; readonly template: NameTemplate }[];
  readonly path: NameTemplate;
}

export interface OidcDeps {
  readonly trustDomain: TrustDomain;
  /** By `iss`. */
  readonly attestors: ReadonlyMap<string, OidcAttestor>;
  readonly revocations: Pick<RevocationIndex, 'ofToken'>;
  readonly now: EpochSeconds;
}

/** The keys of an issuer are asked for again after half a second, then less often. */
const RETRY = milliseconds(1000);
const MOST_SUBJECT = 128;

/** What the token proves. Refuses: ATTEST_OIDC | ATTEST_UNAVAILABLE (the keys of the issuer are not at hand). */
export async function attestOidc(text: string, deps: OidcDeps): Promise<Outcome<Attestation>> {
  const { attestors, revocations, trustDomain, now } = deps;
  const issuer = (iss: string): TrustedIssuer | undefined => attestors.get(iss)?.issuer;
  const audiences = ({ rules }: TrustedIssuer): readonly string[] => {
    const audience = attestors.get(rules.issuer)?.audience;
    return audience === undefined ? [] : [audience];
  };
  const token = await verifyToken(text, { issuer, audiences, now });
  if (!token.ok) {
    const { code, detail } = token.refusal;
    if (code === 'TOKEN_KEYS_UNAVAILABLE') return refuseFor(RETRY, 'ATTEST_UNAVAILABLE', detail);
    return refuse('ATTEST_OIDC', `${code}, ${detail}`);
  }
  const { iss, issuer: name, confirmation, claims } = token.value;
  if (confirmation !== undefined) return refuse('ATTEST_OIDC', `token of ${name} is bound, and cannot be shown here`);
  const revoked = revocations.ofToken(token.value, now);
  if (revoked !== undefined) return refuse('ATTEST_OIDC', `token of ${name}: ${describeRevocation(revoked)}`);
  const named = nameByRule(rulesFor(attestors.get(iss)?.rules ?? [], claims), trustDomain, 'ATTEST_OIDC');
  if (!named.ok) return refuse('ATTEST_OIDC', `${name}, ${labelOf(token.value)}: ${named.refusal.detail}`);
  return admit({
    attestor: 'oidc',
    evidence: `oidc:${name}:${labelOf(token.value)}`,
    id: named.value.id,
    dnsNames: [],
    claim: { kind: 'evidence', attestor: 'oidc', digest: createHash('sha256').update(`oidc\0${text}`).digest('hex') },
    predecessor: undefined,
  });
}

function rulesFor(rules: readonly OidcRule[], claims: VerifiedToken['claims']) {
  return rules.map((rule) => ({
    path: rule.path,
    conditions: rule.claims.map(({ name, template }) => {
      const value = claims[name];
      return { template, values: typeof value === 'string' ? [value] : [] };
    }),
  }));
}

/** For log and journal; the issuer chose it, so it is bounded and plain. */
function labelOf({ subject, label }: VerifiedToken): string {
  return (subject ?? label).slice(0, MOST_SUBJECT).replaceAll(/[^\x21-\x7e]/g, '?');
}
