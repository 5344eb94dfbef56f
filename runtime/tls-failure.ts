/** What an error of a TLS client says of the server. Pure. */

/** Codes of OpenSSL's path check and of Node's look at its result and at the host name. */
const UNTRUSTED = /^(?:CERT_|UNABLE_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE|ERR_TLS_CERT)/;

/** Whether the server's certificate is what failed. */
export function isChainRefused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && UNTRUSTED.test(code);
}
