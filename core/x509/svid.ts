/**
 * What makes a certificate an X.509-SVID of one trust domain (X.509-SVID sections 2 to 5; DESIGN section 4.2). Where the standard leaves
 * a choice we are the stricter: a leaf must have extendedKeyUsage, and its keyUsage must be critical.
 * Not here: the chain, which TLS verified against the bundle of this trust domain; revocation.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { parseSpiffeId, trustDomainUri, type SpiffeId } from '../identity/spiffe-id.ts';
import { parseTrustDomain, type TrustDomain } from '../identity/trust-domain.ts';
import type { EpochSeconds } from '../time/units.ts';
import type { Certificate } from './certificate.ts';
import { PURPOSE, SIGNATURE } from './oid.ts';
import { keyTypeOf } from './public-key.ts';

/** Gives the ID of the workload that the leaf names. Refuses: PEER_NOT_SVID | PEER_TRUST_DOMAIN. Time is not looked at. */
export function checkSvid(certificate: Certificate, trustDomain: TrustDomain): Outcome<SpiffeId> {
  const [uri, ...more] = certificate.uriNames;
  if (uri === undefined) return wrong('leaf has no URI among its alternative names');
  if (more.length > 0) return wrong(`leaf has ${more.length + 1} URIs among its alternative names`);
  const id = parseSpiffeId(uri);
  if (!id.ok) return id;
  const broken = LEAF_RULES.find(([, holds]) => !holds(certificate));
  if (broken !== undefined) return wrong(`leaf ${broken[0]}`);
  const key = keyTypeOf(certificate.spki, 'PEER_NOT_SVID');
  if (!key.ok) return key;
  return id.value.trustDomain === trustDomain ? id : foreign(id.value.trustDomain, trustDomain);
}

/** Admits a CA certificate for the bundle of a trust domain. A URI name may be absent (roots of other systems have none);
 *  one that is there must be the trust domain's own ID, without a path. Refuses: PEER_NOT_SVID | PEER_TRUST_DOMAIN. */
export function checkAuthority(certificate: Certificate, trustDomain: TrustDomain): Outcome<void> {
  const broken = AUTHORITY_RULES.find(([, holds]) => !holds(certificate));
  if (broken !== undefined) return wrong(`CA certificate ${broken[0]}`);
  const key = keyTypeOf(certificate.spki, 'PEER_NOT_SVID');
  if (!key.ok) return key;
  const [uri, ...more] = certificate.uriNames;
  if (uri === undefined) return admit(undefined);
  if (more.length > 0) return wrong(`CA certificate has ${more.length + 1} URIs among its alternative names`);
  if (uri === trustDomainUri(trustDomain)) return admit(undefined);
  const other = parseTrustDomain(uri.slice(SCHEME.length));
  if (!uri.startsWith(SCHEME) || !other.ok) return wrong('CA certificate has a URI that is no trust domain');
  return foreign(other.value, trustDomain);
}

/** Admits a moment inside the window: whole seconds, both ends inclusive (RFC 5280 section 4.1.2.5). Refuses: PEER_EXPIRED. */
export function checkValidity(
  window: { readonly notBefore: EpochSeconds; readonly notAfter: EpochSeconds },
  now: EpochSeconds,
): Outcome<void> {
  // Written so that a moment that is no number is outside.
  if (!(now >= window.notBefore)) return refuse('PEER_EXPIRED', `not valid before ${window.notBefore}, it is ${now}`);
  if (!(now <= window.notAfter)) return refuse('PEER_EXPIRED', `not valid after ${window.notAfter}, it is ${now}`);
  return admit(undefined);
}

const SCHEME = 'spiffe://';
const SIGNATURES: ReadonlySet<string> = new Set(Object.values(SIGNATURE));

/** What must hold, and what is said if it does not. */
type Rule = readonly [broken: string, holds: (certificate: Certificate) => boolean];

const STRONG_SIGNATURE: Rule = [
  'is signed with a weak or unknown algorithm',
  ({ signatureAlgorithm }) => SIGNATURES.has(signatureAlgorithm),
];

const LEAF_RULES: readonly Rule[] = [
  ['is a CA', ({ isCa }) => !isCa],
  ['has no keyUsage', ({ keyUsage }) => keyUsage !== undefined],
  ['has a keyUsage that is not critical', ({ keyUsage }) => keyUsage?.critical === true],
  ['may not sign (digitalSignature)', ({ keyUsage }) => keyUsage?.bits.has('digitalSignature') === true],
  ['may sign certificates (keyCertSign)', ({ keyUsage }) => keyUsage?.bits.has('keyCertSign') === false],
  ['may sign revocation lists (cRLSign)', ({ keyUsage }) => keyUsage?.bits.has('cRLSign') === false],
  ['lacks the purpose serverAuth', ({ extendedKeyUsage }) => extendedKeyUsage?.includes(PURPOSE.serverAuth) === true],
  ['lacks the purpose clientAuth', ({ extendedKeyUsage }) => extendedKeyUsage?.includes(PURPOSE.clientAuth) === true],
  // RFC 5280 section 4.2.1.6.
  ['has an empty subject and names that are not critical', (leaf) => !leaf.subjectIsEmpty || leaf.sanCritical],
  STRONG_SIGNATURE,
];

const AUTHORITY_RULES: readonly Rule[] = [
  ['is not a CA', ({ isCa }) => isCa],
  ['has no critical keyUsage', ({ keyUsage }) => keyUsage?.critical === true],
  ['may not sign certificates (keyCertSign)', ({ keyUsage }) => keyUsage?.bits.has('keyCertSign') === true],
  // Other names in a chain are compared with it (RFC 5280 section 4.1.2.6).
  ['has an empty subject', ({ subjectIsEmpty }) => !subjectIsEmpty],
  STRONG_SIGNATURE,
];

function wrong(detail: string): Outcome<never> {
  return refuse('PEER_NOT_SVID', detail);
}

function foreign(found: TrustDomain, expected: TrustDomain): Outcome<never> {
  return refuse('PEER_TRUST_DOMAIN', `trust domain ${found}, ours is ${expected}`);
}
