/** Who is on the TLS session: read once at the handshake, from DER, and never looked up again. */
import type { EpochSeconds } from '../time/units.ts';
import type { Lineage } from '../x509/lineage.ts';
import type { SpiffeId } from './spiffe-id.ts';

export interface Peer {
  readonly id: SpiffeId;
  /** SHA-256 of the leaf's DER: 32 bytes. */
  readonly thumbprint: Buffer;
  /** base64url of `thumbprint`, the form of `cnf.x5t#S256` (RFC 8705 section 3.1). */
  readonly thumbprintText: string;
  /** Serial number in lower-case hex, as the CA's journal writes it. */
  readonly serial: string;
  /** RFC 7638 thumbprint of the leaf's key, the form of `cnf.jkt`; undefined for a key that has none. Made when first asked
   *  for: most tokens name the certificate, not the key. */
  readonly keyThumbprint: () => string | undefined;
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
  /** Undefined where the leaf has none, or a malformed one: then only exact binding holds. */
  readonly lineage: Lineage | undefined;
  readonly isLineageMalformed: boolean;
  /** DER of the leaf. */
  readonly der: Buffer;
}
