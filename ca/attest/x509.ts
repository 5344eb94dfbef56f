/**
 * The possession attestor: a workload holds the key of a certificate of another CA (cert-manager, a device CA, another
 * mesh), and that CA is one that the configuration names. The proof is made for this request, this CA and this moment.
 * Certificates of our own CA are refused: they renew, with their lineage, or not at all.
 */
import { createHash } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { NameTemplate } from '../../core/identity/name-template.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { parseCertificate, type Certificate } from '../../core/x509/certificate.ts';
import { readCandidates, verifyPath } from '../../core/x509/path.ts';
import { isPossessed } from '../../core/x509/possession.ts';
import { keyTypeOf } from '../../core/x509/public-key.ts';
import { isDnsName } from '../../runtime/config/address.ts';
import type { ShownPossession } from '../../runtime/grpc/messages.ts';
import type { Journal } from '../journal/journal.ts';
import type { Attestation } from './attestation.ts';
import { nameByRule } from './name-rule.ts';

/** One external CA, or several under one set of rules. */
export interface X509Attestor {
  readonly name: string;
  readonly roots: () => readonly Certificate[];
  readonly rules: readonly X509Rule[];
}

export interface X509Rule {
  /** What one of the DNS names must be. */
  readonly dns: NameTemplate | undefined;
  /** What one of the URI names must be. */
  readonly uri: NameTemplate | undefined;
  readonly path: NameTemplate;
  /** Whether the DNS name that matched `dns` goes into our certificate. */
  readonly keepDns: boolean;
}

export interface X509Deps {
  readonly trustDomain: TrustDomain;
  readonly attestors: readonly X509Attestor[];
  readonly journal: Pick<Journal, 'findIssuance'>;
  /** DER of the SPKI of our own issuer. */
  readonly ownKey: Buffer;
  /** DER of the request that the proof must be for. */
  readonly csr: Buffer;
  readonly now: EpochSeconds;
}

/** How far the clock of the workload may be off, and how long a proof can be shown. */
const WINDOW_SECONDS = 300;

/** What the possession proves. Refuses: ATTEST_X509, and what the journal refuses. */
export async function attestX509(shown: ShownPossession, deps: X509Deps): Promise<Outcome<Attestation>> {
  const { trustDomain, journal } = deps;
  const leaf = checkProof(shown, deps);
  if (!leaf.ok) return leaf;
  const vouched = vouchFor(leaf.value, shown.chain.slice(1), deps);
  if (!vouched.ok) return vouched;
  const known = await journal.findIssuance(leaf.value.serial);
  if (!known.ok) return known;
  if (known.value?.thumbprint === leaf.value.thumbprint.toString('hex')) return own(leaf.value);
  const attestor = vouched.value;
  const named = nameByRule(rulesFor(attestor, leaf.value), trustDomain, 'ATTEST_X509');
  if (!named.ok) return named;
  const { rule, id, matched } = named.value;
  const dnsNames = rule.keepDns ? matched.slice(0, 1) : [];
  if (!dnsNames.every(isDnsName)) return wrong('the DNS name is none that a certificate of ours may have');
  return admit({
    attestor: 'x509',
    evidence: `x509:${attestor.name}:${leaf.value.serial}`,
    id,
    dnsNames,
    claim: { kind: 'evidence', attestor: 'x509', digest: digestOf(attestor, leaf.value) },
    predecessor: undefined,
  });
}

/** Cheap before costly: time, form, then one signature, before any path is built. */
function checkProof({ chain, signedAt, signature }: ShownPossession, deps: X509Deps): Outcome<Certificate> {
  const { trustDomain, csr, now } = deps;
  const off = Math.abs(now - signedAt);
  if (!(off <= WINDOW_SECONDS)) return wrong(`signed ${off} s from now, at most ${WINDOW_SECONDS}`);
  const leaf = parseCertificate(chain[0] ?? Buffer.alloc(0));
  if (!leaf.ok) return wrong(`the leaf: ${leaf.refusal.detail}`);
  // A path may be without keyUsage; a key that proves something must be for signatures.
  if (leaf.value.keyUsage?.bits.has('digitalSignature') !== true) return wrong('the leaf is not for signatures');
  const type = keyTypeOf(leaf.value.spki, 'PEER_NOT_SVID');
  if (!type.ok) return wrong(`the leaf: ${type.refusal.detail}`);
  const certified = { spki: leaf.value.spki, type: type.value };
  return isPossessed({ trustDomain, csr, signedAt, leaf: leaf.value.der }, signature, certified)
    ? leaf
    : wrong(`the key of certificate ${leaf.value.serial} did not sign this request`);
}

/** The first attestor whose roots the leaf has a path to. */
function vouchFor(leaf: Certificate, above: readonly Buffer[], deps: X509Deps): Outcome<X509Attestor> {
  const intermediates = readCandidates(above);
  let last: Outcome<never> = wrong('no external CA is configured');
  for (const attestor of deps.attestors) {
    const path = verifyPath({ leaf, intermediates, roots: attestor.roots(), now: deps.now, purpose: 'clientAuth' });
    if (path.ok) return path.value.some(({ spki }) => spki.equals(deps.ownKey)) ? own(leaf) : admit(attestor);
    last = wrong(`${attestor.name}: ${path.refusal.code}, ${path.refusal.detail}`);
  }
  return last;
}

function rulesFor({ rules }: X509Attestor, { dnsNames, uriNames }: Certificate) {
  const dns = dnsNames.map((name) => name.toLowerCase());
  return rules.map((rule) => ({
    path: rule.path,
    keepDns: rule.keepDns,
    conditions: [
      ...(rule.dns === undefined ? [] : [{ template: rule.dns, values: dns }]),
      ...(rule.uri === undefined ? [] : [{ template: rule.uri, values: uriNames }]),
    ],
  }));
}

/** The same for each proof with one certificate: a lost reply is asked for again with a new signature. */
function digestOf({ name }: X509Attestor, { thumbprint }: Certificate): string {
  return createHash('sha256').update(`x509\0${name}\0`).update(thumbprint).digest('hex');
}

const wrong = (detail: string): Outcome<never> => refuse('ATTEST_X509', detail);
const own = ({ serial }: Certificate): Outcome<never> =>
  wrong(`certificate ${serial} is our own: it can only be renewed`);
