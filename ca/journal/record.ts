/**
 * What the journal holds, as plain values that cross to its thread unchanged: digests and identifiers are lower-case hex,
 * instants are whole seconds since 1970.
 */
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';

export type Attestor = 'join-token' | 'leaf' | 'self';

/** What an issuance uses up: a join token, the place of a certificate at the head of its lineage, or (for the CA's own
 *  certificate) nothing. */
export type Claim =
  | { readonly kind: 'join-token'; readonly hash: string }
  | { readonly kind: 'leaf'; readonly lineageId: string; readonly thumbprint: string }
  | { readonly kind: 'self' };

/** One issued certificate. `keyDigest` is SHA-256 of its SPKI, `thumbprint` SHA-256 of `der`. */
export interface IssuanceRecord {
  readonly serial: string;
  readonly thumbprint: string;
  readonly keyDigest: string;
  readonly spiffeId: string;
  readonly lineageId: string;
  /** 0 to 2147483647. */
  readonly sequence: number;
  readonly attestor: Attestor;
  readonly issuedAt: EpochSeconds;
  readonly notAfter: EpochSeconds;
  /** As the requester asked, before clamping; undefined: he did not ask. */
  readonly askedTtl: Seconds | undefined;
  readonly der: Uint8Array;
}

/** A join token as it is kept: never its secret. */
export interface JoinTokenRecord {
  /** SHA-256 of the secret. */
  readonly hash: string;
  /** Path of the SPIFFE ID that the token vouches for. */
  readonly path: string;
  readonly dnsNames: readonly string[];
  readonly expiresAt: EpochSeconds;
}

/** A root that the CA has signed with. */
export interface AuthorityRecord {
  readonly thumbprint: string;
  readonly der: Uint8Array;
}
