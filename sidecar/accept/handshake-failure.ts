/**
 * Why a handshake failed, as one of our codes. Node tells it in two places: OpenSSL's error when the handshake itself
 * broke, and `authorizationError` when it went through and Node then refused the chain. In TLS 1.3 the second comes with
 * a mere ECONNRESET. Pure: it is given texts, and never touches a socket.
 */
import type { Refusal } from '../../core/fault/refusal.ts';

export interface HandshakeFailure {
  /** `code` of the error. */
  readonly error: string;
  /** Code of OpenSSL's path check; undefined where it did not come to one, or found nothing wrong. */
  readonly authorization: string | undefined;
}

const EXPIRED: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** PEER_NO_CERTIFICATE | PEER_EXPIRED | PEER_UNTRUSTED | PEER_HANDSHAKE. */
export function causeOf({ error, authorization }: HandshakeFailure): Refusal {
  if (error === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return { code: 'PEER_NO_CERTIFICATE', detail: error };
  if (authorization === undefined) return { code: 'PEER_HANDSHAKE', detail: error };
  return { code: EXPIRED.has(authorization) ? 'PEER_EXPIRED' : 'PEER_UNTRUSTED', detail: authorization };
}
