/**
 * Writes the SPIFFE bundle document of the trust domain (SPIFFE Trust Domain and Bundle, section 4), and its roots as PEM.
 * Pure.
 * Token keys are not in it: our tokens are `at+jwt`, no JWT-SVIDs, and must not pass for them.
 */
import { X509Certificate } from 'node:crypto';

import { encodePem } from '../../core/x509/pem.ts';
import type { BundleState } from '../../runtime/grpc/messages.ts';
import { toPublicJwk } from '../tokens/keys.ts';

/** How often, in seconds, readers should look again. */
const REFRESH_HINT_SECONDS = 300;

/** The document as an object for `JSON.stringify`. `x5c` is standard base64 (RFC 7517 section 4.7); no `kid`. */
export function renderBundleDocument({ generation, roots }: BundleState): object {
  return {
    spiffe_sequence: generation,
    spiffe_refresh_hint: REFRESH_HINT_SECONDS,
    keys: roots.map((der) => ({
      use: 'x509-svid',
      ...toPublicJwk(new X509Certificate(der).publicKey),
      x5c: [der.toString('base64')],
    })),
  };
}

/** One block for each root: what `credentials.ca.bundle` takes. */
export function renderBundlePem({ roots }: BundleState): string {
  return roots.map((der) => encodePem('CERTIFICATE', der)).join('');
}
