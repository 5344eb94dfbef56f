/**
 * The text of a join token: what a workload shows once to get its first certificate, and how it knows the CA that it
 * shows it to. `cleat-join.<SHA-256 of the root's DER, 64 hex digits>.<secret, 43 base64url characters>`.
 * Reads and writes text only; whether a token is known, spent or expired is the CA's to say.
 */
import { refuse, admit, type Outcome } from '../fault/refusal.ts';

export interface JoinToken {
  /** SHA-256 of the DER of the root that the server must chain to: 32 bytes. */
  readonly rootDigest: Buffer;
  /** Secret. 256 random bits: 32 bytes. */
  readonly secret: Buffer;
}

const BYTES = 32;
const GRAMMAR = /^cleat-join\.([0-9a-f]{64})\.([A-Za-z0-9_-]{43})$/;

/** The text of a token. Secret. Both parts must be 32 bytes; anything else is a programmer's mistake (`TypeError`). */
export function formatJoinToken({ rootDigest, secret }: JoinToken): string {
  if (rootDigest.length !== BYTES || secret.length !== BYTES) throw new TypeError('a join token takes 32 and 32 bytes');
  return `cleat-join.${rootDigest.toString('hex')}.${secret.toString('base64url')}`;
}

/** The parts of a token, if this is the one text that `formatJoinToken` gives for them.
 *  Refuses: ATTEST_EVIDENCE; the detail never holds a part of the text. */
export function parseJoinToken(text: string): Outcome<JoinToken> {
  const [, digest, secret] = GRAMMAR.exec(text) ?? [];
  if (digest === undefined || secret === undefined) return refuse('ATTEST_EVIDENCE', 'not a join token by its form');
  const token = { rootDigest: Buffer.from(digest, 'hex'), secret: Buffer.from(secret, 'base64url') };
  // 43 characters hold two bits more than 32 bytes: only the text with those bits at zero is canonical.
  if (formatJoinToken(token) !== text)
    return refuse('ATTEST_EVIDENCE', 'the secret of the join token is not canonical');
  return admit(token);
}
