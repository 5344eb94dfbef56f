/**
 * Requests from the wire as the domain values of `messages.ts`. Checks form and size, nothing else: what a certificate
 * request asks for and what a caller may have is decided behind this door.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, seconds, type Seconds } from '../../core/time/units.ts';
import { TOKEN_MOST } from '../../core/token/jws.ts';
import type { IssueRequest__Output } from './gen/cleat/ca/v1/IssueRequest.ts';
import type { MintTokenRequest__Output } from './gen/cleat/ca/v1/MintTokenRequest.ts';
import type { RenewRequest__Output } from './gen/cleat/ca/v1/RenewRequest.ts';
import type { X509Possession__Output } from './gen/cleat/ca/v1/X509Possession.ts';
import type { IssueRequest, MintRequest, RenewRequest, ShownEvidence } from './messages.ts';

/** Limits of `proto/cleat/ca/v1/ca.proto`, in bytes. */
const MOST_CSR = 8 * 1024;
const MOST_JOIN_TOKEN = 512;
const MOST_CHAIN = 4;
const MOST_CERTIFICATE = 8 * 1024;
const MOST_SIGNATURE = 1024;

/** The largest request for a first certificate, in bytes: with a chain. The rest is room for the wire. */
export const ISSUE_MOST = MOST_CSR + MOST_CHAIN * MOST_CERTIFICATE + MOST_SIGNATURE + 1024;

/** Refuses: ATTEST_EVIDENCE, CSR_MALFORMED. */
export function readIssueRequest(request: IssueRequest__Output): Outcome<IssueRequest> {
  const evidence = readEvidence(request);
  if (!evidence.ok) return evidence;
  const csr = readCsr(request.csr);
  return csr.ok ? admit({ csr: csr.value, evidence: evidence.value, ttl: readTtl(request.ttl_seconds) }) : csr;
}

/** Refuses: CSR_MALFORMED. */
export function readRenewRequest(request: RenewRequest__Output): Outcome<RenewRequest> {
  const csr = readCsr(request.csr);
  return csr.ok ? admit({ csr: csr.value, ttl: readTtl(request.ttl_seconds) }) : csr;
}

/** Refuses nothing: audience, scopes and life are for the token rules to judge. */
export function readMintRequest(request: MintTokenRequest__Output): MintRequest {
  return { audience: request.audience, scopes: request.scopes, ttl: readTtl(request.ttl_seconds) };
}

function readEvidence({
  evidence,
  join_token: text,
  oidc_token: token,
  x509,
}: IssueRequest__Output): Outcome<ShownEvidence> {
  if (evidence === 'join_token' && text !== undefined)
    return text.length > MOST_JOIN_TOKEN ? tooLong(MOST_JOIN_TOKEN) : admit({ kind: 'join-token', text });
  if (evidence === 'oidc_token' && token !== undefined)
    return token.length > TOKEN_MOST ? tooLong(TOKEN_MOST) : admit({ kind: 'oidc', token });
  if (evidence === 'x509' && x509) return readPossession(x509);
  return refuse('ATTEST_EVIDENCE', 'no evidence');
}

function readPossession({ chain, signed_at: signedAt, signature }: X509Possession__Output): Outcome<ShownEvidence> {
  if (chain.length === 0 || chain.length > MOST_CHAIN)
    return refuse('ATTEST_EVIDENCE', `a chain of ${chain.length} certificates, 1 to ${MOST_CHAIN} allowed`);
  if (chain.some((der) => der.length > MOST_CERTIFICATE)) return tooLong(MOST_CERTIFICATE);
  if (signature.length > MOST_SIGNATURE) return tooLong(MOST_SIGNATURE);
  if (!Number.isSafeInteger(signedAt) || signedAt < 0) return refuse('ATTEST_EVIDENCE', 'signed_at is no time');
  return admit({ kind: 'x509', chain, signedAt: epochSeconds(signedAt), signature });
}

const tooLong = (most: number): Outcome<never> => refuse('ATTEST_EVIDENCE', `longer than ${most} bytes`);

function readCsr(csr: Buffer): Outcome<Buffer> {
  if (csr.length === 0 || csr.length > MOST_CSR)
    return refuse('CSR_MALFORMED', `${csr.length} bytes, 1 to ${MOST_CSR} allowed`);
  return admit(csr);
}

/** 0 on the wire means: the default of the CA. */
function readTtl(ttl: number): Seconds | undefined {
  return ttl === 0 ? undefined : seconds(ttl);
}
