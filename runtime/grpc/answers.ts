/**
 * What the CA answers, between the wire and the domain values of `messages.ts`. Reading checks form and size against
 * the limits of `proto/cleat/ca/v1/ca.proto`, nothing else: whether a certificate is good is decided by who adopts it.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds } from '../../core/time/units.ts';
import type { Bundle, Bundle__Output } from './gen/cleat/ca/v1/Bundle.ts';
import type { Certificate, Certificate__Output } from './gen/cleat/ca/v1/Certificate.ts';
import type { MintTokenResponse__Output } from './gen/cleat/ca/v1/MintTokenResponse.ts';
import type { BundleState, IssuedCertificate, MintedToken } from './messages.ts';

const MOST_DER = 8 * 1024;
const MOST_CHAIN = 4;
const MOST_ROOTS = 16;
const MOST_TOKEN = 8 * 1024;
const LINEAGE_ID = 16;

/** The message for an issued certificate. */
export function writeCertificate(issued: IssuedCertificate): Certificate {
  return {
    chain: [...issued.chain],
    bundle: writeBundle(issued.bundle),
    spiffe_id: issued.spiffeId,
    renew_at: issued.renewAt,
    not_after: issued.notAfter,
    lineage_id: issued.lineageId,
    lineage_sequence: issued.lineageSequence,
  };
}

/** The message for a bundle. */
export function writeBundle({ generation, roots }: BundleState): Bundle {
  return { generation, roots: [...roots] };
}

/** Refuses: RENEW_ANSWER. */
export function readCertificate(answer: Certificate__Output | null): Outcome<IssuedCertificate> {
  if (answer === null) return refuse('RENEW_ANSWER', 'no certificate in the answer');
  const bundle = readBundle(answer.bundle);
  if (!bundle.ok) return bundle;
  if (!isListOfDer(answer.chain, MOST_CHAIN))
    return refuse('RENEW_ANSWER', `the chain is not 1 to ${MOST_CHAIN} certificates of at most ${MOST_DER} bytes`);
  // What 64 bits hold beyond 2^53 comes as a number that is not safe, and is no time either.
  if (!Number.isSafeInteger(answer.renew_at) || !Number.isSafeInteger(answer.not_after))
    return refuse('RENEW_ANSWER', 'a time is out of range');
  if (answer.lineage_id.length !== LINEAGE_ID) return refuse('RENEW_ANSWER', 'the lineage is not 16 bytes');
  return admit({
    chain: answer.chain,
    bundle: bundle.value,
    spiffeId: answer.spiffe_id,
    renewAt: epochSeconds(answer.renew_at),
    notAfter: epochSeconds(answer.not_after),
    lineageId: answer.lineage_id,
    lineageSequence: answer.lineage_sequence,
  });
}

/** Refuses: RENEW_ANSWER; an empty bundle is none. */
export function readBundle(bundle: Bundle__Output | null): Outcome<BundleState> {
  if (bundle === null) return refuse('RENEW_ANSWER', 'no bundle in the answer');
  if (!isListOfDer(bundle.roots, MOST_ROOTS))
    return refuse('RENEW_ANSWER', `the bundle is not 1 to ${MOST_ROOTS} certificates of at most ${MOST_DER} bytes`);
  if (!Number.isSafeInteger(bundle.generation) || bundle.generation < 1)
    return refuse('RENEW_ANSWER', 'the generation of the bundle is out of range');
  return admit({ generation: bundle.generation, roots: bundle.roots });
}

/** Refuses: RENEW_ANSWER; the detail never holds the token. */
export function readMintedToken(answer: MintTokenResponse__Output): Outcome<MintedToken> {
  if (answer.token.length === 0 || answer.token.length > MOST_TOKEN)
    return refuse('RENEW_ANSWER', `the token is not 1 to ${MOST_TOKEN} bytes`);
  if (!Number.isSafeInteger(answer.expires_at))
    return refuse('RENEW_ANSWER', 'the expiry of the token is out of range');
  return admit({ token: answer.token, expiresAt: epochSeconds(answer.expires_at), scopes: answer.scopes });
}

function isListOfDer(list: readonly Buffer[], most: number): boolean {
  return list.length >= 1 && list.length <= most && list.every((der) => der.length >= 1 && der.length <= MOST_DER);
}
