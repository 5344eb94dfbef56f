/** The name of a trust domain (SPIFFE-ID section 2.1). Never by `URL`: that would accept ports, users and percent-encoding. */
import { admit, refuse, type Outcome } from '../fault/refusal.ts';

declare const brand: unique symbol;
/** Lower-case name, checked by `parseTrustDomain`: `mesh.example`, never `spiffe://mesh.example`. */
export type TrustDomain = string & { readonly [brand]: 'trust domain' };

const MOST_BYTES = 255;
const FORM = /^[a-z0-9._-]+$/;

/** Gives the trust domain: 1 to 255 of `a-z 0-9 . _ -`. Refuses: PEER_NOT_SVID. Capitals are refused, not lowered. */
export function parseTrustDomain(text: string): Outcome<TrustDomain> {
  if (text.length === 0) return refuse('PEER_NOT_SVID', 'trust domain is empty');
  if (text.length > MOST_BYTES) return refuse('PEER_NOT_SVID', `trust domain of ${text.length} bytes, at most 255`);
  if (!FORM.test(text)) return refuse('PEER_NOT_SVID', 'trust domain has a character other than a-z 0-9 . _ -');
  return admit(text as TrustDomain);
}
