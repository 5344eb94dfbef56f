/**
 * Whether the certificates of an input lead from its leaf to a root of a bundle, and at which rule they do not: the verdict of the
 * path validation that the processes use. Pure.
 */
import { admit, refuse, type Outcome } from '../core/fault/refusal.ts';
import { parseSpiffeId } from '../core/identity/spiffe-id.ts';
import type { EpochSeconds } from '../core/time/units.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { type PathRequest, readCandidates, verifyPath, verifySvidPath } from '../core/x509/path.ts';
import { decodePem } from '../core/x509/pem.ts';
import { checkValidity } from '../core/x509/svid.ts';
import { dateOf, type Finding, verdictOf } from './inspect-facts.ts';

/** The chain of the first certificate that is no CA, wherever in the input it stands; judged as an SVID if it has a SPIFFE ID.
 *  Where all are CAs, that of the first, judged as one that signs certificates. */
export function inspectChain(input: Buffer, bundle: Buffer, now: EpochSeconds): Finding {
  const chain = chainOf(input, bundle, now);
  const path = chain.ok ? chain.value : [];
  return {
    kind: 'chain',
    facts: {
      path: path.map(({ serial, notAfter }) => `${serial} until ${dateOf(notAfter)}`),
      roots: rootsIn(bundle).length,
    },
    verdict: verdictOf(chain, 'leads to a root of the bundle'),
  };
}

function chainOf(input: Buffer, bundle: Buffer, now: EpochSeconds): Outcome<readonly Certificate[]> {
  const sent = readCandidates(certificatesIn(input));
  const leaf = sent.find(({ isCa }) => !isCa) ?? sent[0];
  if (leaf === undefined) return refuse('PEER_NOT_SVID', 'the input has no certificate');
  const request = { leaf, intermediates: sent.filter((one) => one !== leaf), roots: rootsIn(bundle), now };
  if (leaf.isCa) return authorityPath(request);
  const id = parseSpiffeId(leaf.uriNames[0] ?? '');
  const named = id.ok ? verifySvidPath({ ...request, trustDomain: id.value.trustDomain }) : admit(undefined);
  return named.ok ? verifyPath(request) : named;
}

/** One of the bundle itself is its own path. */
function authorityPath(request: Omit<PathRequest, 'purpose'>): Outcome<readonly Certificate[]> {
  const { leaf, roots, now } = request;
  if (!roots.some(({ thumbprint }) => thumbprint.equals(leaf.thumbprint)))
    return verifyPath({ ...request, purpose: 'authority' });
  const inTime = checkValidity(leaf, now);
  return inTime.ok ? admit([leaf]) : inTime;
}

const rootsIn = (bundle: Buffer): readonly Certificate[] => readCandidates(certificatesIn(bundle));

/** Gives the DER of each certificate: of PEM its certificates; anything else is taken for the DER of one. */
export function certificatesIn(input: Buffer): readonly Buffer[] {
  const text = input.toString('latin1');
  if (!text.includes('-----BEGIN ')) return [input];
  const blocks = decodePem(text);
  return blocks.ok ? blocks.value.filter(({ label }) => label === 'CERTIFICATE').map(({ der }) => der) : [];
}
