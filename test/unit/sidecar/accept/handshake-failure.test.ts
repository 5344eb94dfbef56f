import { expect } from 'chai';

import { causeOf } from '../../../../sidecar/accept/handshake-failure.ts';

describe('causeOf()', () => {
  const cases: readonly (readonly [error: string, authorization: string | undefined, code: string])[] = [
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', undefined, 'PEER_NO_CERTIFICATE'],
    ['ECONNRESET', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'PEER_UNTRUSTED'],
    ['ECONNRESET', 'SELF_SIGNED_CERT_IN_CHAIN', 'PEER_UNTRUSTED'],
    ['ECONNRESET', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'PEER_UNTRUSTED'],
    ['ECONNRESET', 'INVALID_PURPOSE', 'PEER_UNTRUSTED'],
    ['ECONNRESET', 'a code that OpenSSL adds one day', 'PEER_UNTRUSTED'],
    ['ECONNRESET', 'CERT_HAS_EXPIRED', 'PEER_EXPIRED'],
    ['ECONNRESET', 'CERT_NOT_YET_VALID', 'PEER_EXPIRED'],
    ['ECONNRESET', undefined, 'PEER_HANDSHAKE'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', undefined, 'PEER_HANDSHAKE'],
    ['ERR_SSL_HTTP_REQUEST', undefined, 'PEER_HANDSHAKE'],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', undefined, 'PEER_HANDSHAKE'],
  ];
  for (const [error, authorization, code] of cases) {
    it(`${error} with ${authorization ?? 'no judged chain'} is ${code}`, () => {
      expect(causeOf({ error, authorization })).to.deep.equal({ code, detail: authorization ?? error });
    });
  }
});
