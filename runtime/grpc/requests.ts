/**
 * Requests from the wire as the domain values of `messages.ts`. Checks form and size, nothing else: what a certificate
 * request asks for and what a caller may have is decided behind this door.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { seconds, type Seconds } from '../../core/time/units.ts';
import type { IssueRequest__Output } from './gen/cleat/ca/v1/IssueRequest.ts';
import type { MintTokenRequest__Output } from './gen/cleat/ca/v1/MintTokenRequest.ts';
import type { RenewRequest__Output } from './gen/cleat/ca/v1/RenewRequest.ts';
import type { IssueRequest, MintRequest, RenewRequest } from './messages.ts';

/** Limits of `proto/cleat/ca/v1/ca.proto`, in bytes. */
const MOST_CSR = 8 * 1024;
const MOST_JOIN_TOKEN = 512;

/** Refuses: ATTEST_EVIDENCE, CSR_MALFORMED. */
export function readIssueRequest(request: IssueRequest__Output): Outcome<IssueRequest> {
  const { evidence, join_token: joinToken } = request;
  if (evidence === undefined || joinToken === undefined) return refuse('ATTEST_EVIDENCE', 'no evidence');
  if (joinToken.length > MOST_JOIN_TOKEN) return refuse('ATTEST_EVIDENCE', `longer than ${MOST_JOIN_TOKEN} bytes`);
  const csr = readCsr(request.csr);
  return csr.ok ? admit({ csr: csr.value, joinToken, ttl: readTtl(request.ttl_seconds) }) : csr;
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

function readCsr(csr: Buffer): Outcome<Buffer> {
  if (csr.length === 0 || csr.length > MOST_CSR)
    return refuse('CSR_MALFORMED', `${csr.length} bytes, 1 to ${MOST_CSR} allowed`);
  return admit(csr);
}

/** 0 on the wire means: the default of the CA. */
function readTtl(ttl: number): Seconds | undefined {
  return ttl === 0 ? undefined : seconds(ttl);
}
