/**
 * What a certificate must be to stand in a path, below its signature and its window: as the leaf, and as an issuer
 * (RFC 5280 sections 4.1, 4.2 and 6.1.4). Judges one certificate by what it says of itself and by how many are below it.
 */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import type { Certificate } from './certificate.ts';
import { ANY_PURPOSE, PURPOSE } from './oid.ts';
import { keyTypeOf } from './public-key.ts';
import { schemeOf } from './signature.ts';

/** `svid`: both, as an X.509-SVID must be fit for (X.509-SVID section 4.4). */
export type Purpose = 'serverAuth' | 'clientAuth' | 'svid' | 'authority';

/** Admits a certificate as the end of a path. Its names are not judged here. Refuses: PEER_NOT_SVID. */
export function checkLeaf(leaf: Certificate, purpose: Purpose | undefined): Outcome<void> {
  const [rules, name] = purpose === 'authority' ? [ISSUER_RULES, 'CA certificate'] : [LEAF_RULES, 'leaf'];
  const broken = rules.find(([, holds]) => !holds(leaf));
  if (broken !== undefined) return refuse('PEER_NOT_SVID', `${name} ${broken[0]}`);
  for (const [use, oid] of purposesOf(purpose))
    if (leaf.extendedKeyUsage?.includes(oid) !== true)
      return refuse('PEER_NOT_SVID', `leaf lacks the purpose ${use} (RFC 5280 4.2.1.12)`);
  const key = keyTypeOf(leaf.spki, 'PEER_NOT_SVID');
  return key.ok ? admit(undefined) : refuse('PEER_NOT_SVID', `${name} has a bad key: ${key.refusal.detail}`);
}

/** Where an issuer stands. */
export interface Place {
  /** The path so far, leaf first. */
  readonly below: readonly Certificate[];
  readonly isRoot: boolean;
  readonly purpose: Purpose | undefined;
}

/** Admits a certificate as the issuer of the last one of `below`. Refuses: PEER_UNTRUSTED. */
export function checkIssuer(issuer: Certificate, place: Place): Outcome<void> {
  const broken = ISSUER_RULES.find(([, holds]) => !holds(issuer));
  if (broken !== undefined) return untrusted(issuer, broken[0]);
  if (issuer.serial === '00' && !place.isRoot)
    return untrusted(issuer, 'has the serial number zero (RFC 5280 4.1.2.2)');
  const { pathLength, extendedKeyUsage } = issuer;
  // Self-issued certificates do not count, nor does the leaf (RFC 5280 section 4.2.1.9); an authority is to have one below.
  const between = place.below.slice(place.purpose === 'authority' ? 0 : 1).filter((one) => !isSelfIssued(one)).length;
  if (pathLength !== undefined && pathLength < between)
    return untrusted(issuer, `allows a path of ${pathLength}, it has ${between} (RFC 5280 6.1.4 m)`);
  for (const [name, oid] of place.isRoot ? [] : purposesOf(place.purpose))
    if (extendedKeyUsage?.some((one) => one === oid || one === ANY_PURPOSE) === false)
      return untrusted(issuer, `may not vouch for the purpose ${name} (RFC 5280 4.2.1.12)`);
  const key = keyTypeOf(issuer.spki, 'PEER_NOT_SVID');
  return key.ok ? admit(undefined) : untrusted(issuer, `has a bad key: ${key.refusal.detail}`);
}

/** True if subject and issuer are the same name. */
export function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return subject.equals(issuer);
}

/** What must hold, and what is said if it does not. */
type Rule = readonly [broken: string, holds: (certificate: Certificate) => boolean];

const STRONG_SIGNATURE: Rule = [
  'is signed with a weak, unknown or wrongly parametrised algorithm (RFC 5280 4.1.1.2)',
  (certificate) => schemeOf(certificate) !== undefined,
];
const LEAF_RULES: readonly Rule[] = [
  ['is a CA (RFC 5280 4.2.1.9)', ({ isCa }) => !isCa],
  ['may not sign (RFC 5280 4.2.1.3)', ({ keyUsage }) => keyUsage?.bits.has('digitalSignature') !== false],
  ['may sign certificates (RFC 5280 4.2.1.9)', ({ keyUsage }) => keyUsage?.bits.has('keyCertSign') !== true],
  ['may sign revocation lists (X.509-SVID 4.3)', ({ keyUsage }) => keyUsage?.bits.has('cRLSign') !== true],
  [
    'is for any purpose (RFC 5280 4.2.1.12)',
    ({ extendedKeyUsage }) => extendedKeyUsage?.includes(ANY_PURPOSE) !== true,
  ],
  [
    'has no alternative name (RFC 5280 4.2.1.6)',
    ({ uriNames, dnsNames, otherNames }) => uriNames.length + dnsNames.length + otherNames > 0,
  ],
  [
    'has an empty subject and names that are not critical (RFC 5280 4.1.2.6)',
    ({ subjectIsEmpty, sanCritical }) => !subjectIsEmpty || sanCritical,
  ],
  // A self-signed leaf could do without; it has no path anyway.
  ['has no authorityKeyIdentifier (RFC 5280 4.2.1.1)', ({ authorityKeyId }) => authorityKeyId !== undefined],
  STRONG_SIGNATURE,
];

const ISSUER_RULES: readonly Rule[] = [
  ['is not a CA (RFC 5280 6.1.4 k)', ({ isCa }) => isCa],
  ['may not sign certificates (RFC 5280 6.1.4 n)', ({ keyUsage }) => keyUsage?.bits.has('keyCertSign') === true],
  ['has an empty subject (RFC 5280 4.1.2.6)', ({ subjectIsEmpty }) => !subjectIsEmpty],
  STRONG_SIGNATURE,
];

function purposesOf(purpose: Purpose | undefined): readonly (readonly [name: string, oid: string])[] {
  return Object.entries(PURPOSE).filter(([name]) => purpose === name || purpose === 'svid');
}

function untrusted(issuer: Certificate, detail: string): Outcome<never> {
  return refuse('PEER_UNTRUSTED', `CA certificate ${issuer.serial} ${detail}`);
}
