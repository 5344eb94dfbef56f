/**
 * What the journal holds, as plain values that cross to its thread unchanged: digests and identifiers are lower-case hex,
 * instants are whole seconds since 1970.
 */
import type { IdPattern } from '../../core/identity/pattern.ts';
import type { Revocation, RevocationReason, TokenKind } from '../../core/identity/revocation.ts';
import type { JsonObject } from '../../core/token/json.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';

export type Attestor = 'join-token' | 'leaf' | 'self' | 'x509' | 'oidc';

/** What an issuance uses up: a join token, the place of a certificate at the head of its lineage, or nothing (evidence that
 *  can be shown again, known by its digest; the CA's own certificate). */
export type Claim =
  | { readonly kind: 'join-token'; readonly hash: string }
  | {
      readonly kind: 'leaf';
      readonly lineageId: string;
      readonly thumbprint: string;
      readonly sequence: number;
      /** When that leaf was issued, and its end. */
      readonly issuedAt: EpochSeconds;
      readonly notAfter: EpochSeconds;
    }
  | { readonly kind: 'evidence'; readonly attestor: 'x509' | 'oidc'; readonly digest: string }
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
  /** Which evidence it was (`Attestation.evidence`); empty where an older CA wrote the record. */
  readonly evidence: string;
  readonly issuedAt: EpochSeconds;
  readonly notAfter: EpochSeconds;
  /** As the requester asked, before clamping; undefined: he did not ask. */
  readonly askedTtl: Seconds | undefined;
  readonly der: Uint8Array;
  /** Thumbprint of the authority that signed it. */
  readonly authority: string;
  /** What leads from that authority to its root (DER, the authority first), without the root; empty where a root signs. */
  readonly above: readonly Uint8Array[];
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

/** How a client may show who it is. `tls`: by the certificate of a workload it may be used from, and nothing else. */
export type ClientMethod = 'secret' | 'private_key_jwt' | 'api_key' | 'tls';

/** The secrets of a client, as argon2id (RFC 9106) keeps them: one salt for all that are good at one time, so that a
 *  candidate is compared with each of them for the price of one. */
export interface SecretHashes {
  /** Hex. */
  readonly salt: string;
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  /** One, or two while a rotation overlaps; hex. `endsAt`: the last second in which it is good; undefined: no end. */
  readonly digests: readonly { readonly digest: string; readonly endsAt: EpochSeconds | undefined }[];
}

/** A registered OAuth client: never its secret. */
export interface ClientRecord {
  /** `client_id`: `[a-z0-9][a-z0-9._-]{1,62}`. */
  readonly id: string;
  readonly methods: readonly ClientMethod[];
  /** The workloads of our trust domain that it may be used from; empty only where it is `dpopBound`: from no workload. */
  readonly spiffe: readonly IdPattern[];
  readonly audiences: readonly string[];
  readonly scopes: readonly string[];
  /** It may come without a certificate, and then its tokens are bound to the key of its DPoP proof. */
  readonly dpopBound: boolean;
  /** The public keys of its assertions, a JWK Set; undefined without the method `private_key_jwt`. */
  readonly jwks: JsonObject | undefined;
  /** Undefined without the method `secret`. */
  readonly secrets: SecretHashes | undefined;
  readonly createdAt: EpochSeconds;
  readonly disabledAt: EpochSeconds | undefined;
}

/** An API key of a client: never its text. */
export interface ApiKeyRecord {
  /** Public: 16 hex digits. */
  readonly id: string;
  /** SHA-256 of the whole text. */
  readonly digest: string;
  /** The client that it belongs to. */
  readonly client: string;
  /** Who answers for it, in words. */
  readonly owner: string;
  /** Within those of the client. */
  readonly audiences: readonly string[];
  readonly scopes: readonly string[];
  /** The workloads that it is pinned to, beside what the client says; empty: those of the client. */
  readonly spiffe: readonly IdPattern[];
  /** Source networks, `10.0.0.0/8`; empty: anywhere. */
  readonly networks: readonly string[];
  readonly perMinute: number;
  /** In a day of UTC. */
  readonly perDay: number;
  readonly createdAt: EpochSeconds;
  /** The last second in which it is good. */
  readonly expiresAt: EpochSeconds;
  readonly revokedAt: EpochSeconds | undefined;
}

/** How far a key was used: written at intervals, so that a crash may take the newest part. */
export interface ApiKeyUse {
  readonly id: string;
  readonly lastUsedAt: EpochSeconds;
  /** Days since 1970, UTC. */
  readonly day: number;
  /** Uses on that day. */
  readonly count: number;
}

/** A right that ends with a task. */
export interface MandateRecord {
  /** Public: 16 hex digits. */
  readonly id: string;
  readonly for: { readonly spiffe: IdPattern } | { readonly client: string };
  readonly audience: string;
  readonly scopes: readonly string[];
  /** What it is for, in words. */
  readonly purpose: string;
  readonly createdAt: EpochSeconds;
  /** The last second in which it holds; ending it early moves this. */
  readonly endsAt: EpochSeconds;
}

/** All clients, API keys and mandates that the journal holds. */
export interface Registrations {
  readonly clients: readonly ClientRecord[];
  readonly apiKeys: readonly ApiKeyRecord[];
  readonly uses: readonly ApiKeyUse[];
  readonly mandates: readonly MandateRecord[];
}

/** Certificates to list: all that have not ended, or those of one identity, or one. */
export interface CertificateFilter {
  readonly spiffeId?: string | undefined;
  readonly serial?: string | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

export type LineageFilter = Omit<CertificateFilter, 'serial'>;

/** At most 1000 rows. */
export interface Page<T> {
  readonly rows: readonly T[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

export interface ListedCertificate
  extends Pick<
    IssuanceRecord,
    'serial' | 'spiffeId' | 'lineageId' | 'sequence' | 'attestor' | 'issuedAt' | 'notAfter' | 'thumbprint' | 'authority'
  > {
  /** What was shown, as far as it may be told. */
  readonly evidence: string | undefined;
}

/** A lineage by its newest certificate. */
export interface ListedLineage
  extends Pick<ListedCertificate, 'lineageId' | 'spiffeId' | 'sequence' | 'serial' | 'notAfter'> {
  readonly frozenAt: EpochSeconds | undefined;
}

/** Where an authority stands: its root is published; it signs; its root is still trusted; it is gone. */
export type Slot = 'prepared' | 'active' | 'retired' | 'dropped';

/** The public part of an authority. */
export interface AuthorityRecord {
  readonly thumbprint: string;
  readonly der: Uint8Array;
  readonly slot: Slot;
  /** The certificates between it and its root, DER, the lowest first. */
  readonly above: readonly Uint8Array[];
  /** DER; the authority itself where a root signs. */
  readonly root: Uint8Array;
  /** Folder of its key in the data folder; undefined: the key lies in files of somebody else. */
  readonly folder: string | undefined;
  /** The first bundle generation that held its root. */
  readonly publishedAt: number;
  readonly begunBy: 'operator' | 'schedule';
  /** Its key, certified by the root that signed before it: for who knows only that one. DER. */
  readonly voucher: Uint8Array | undefined;
}

/** What the CA publishes, as it was before the last stop. */
export interface TrustRecord {
  /** Oldest first, dropped ones too. */
  readonly authorities: readonly AuthorityRecord[];
  /** Undefined before the first bundle. */
  readonly bundle: BundleRecord | undefined;
}

export interface BundleRecord {
  readonly generation: number;
  /** SHA-256 over the roots. */
  readonly digest: string;
  /** The schedule begins no rotation, because the operator took one back. */
  readonly isPaused: boolean;
}

/** A step of a rotation: what became of authorities, and the bundle after it. */
export interface TrustChange {
  readonly authorities: readonly AuthorityRecord[];
  readonly bundle: BundleRecord;
}

/** An unexpired certificate of a workload. */
export interface LiveCertificate {
  readonly serial: string;
  readonly thumbprint: string;
  readonly spiffeId: string;
  readonly lineageId: string;
  readonly sequence: number;
  readonly issuedAt: EpochSeconds;
  readonly notAfter: EpochSeconds;
  readonly authority: string;
  /** The newest of its lineage. */
  readonly isHead: boolean;
}

/** What an order revokes. A certificate is named by its serial; the journal adds the rest. */
export type RevocationTarget =
  | { readonly kind: 'certificate'; readonly serial: string }
  | { readonly kind: 'lineage'; readonly lineageId: string }
  | { readonly kind: 'spiffe-id'; readonly spiffeId: string }
  | { readonly kind: TokenKind; readonly issuer: string; readonly value: string };

export interface RevocationRequest {
  readonly target: RevocationTarget;
  readonly reason: RevocationReason;
  readonly revokedAt: EpochSeconds;
  /** Undefined: a certificate and a lineage until the lineage ends, all else until `fallbackEnd`. */
  readonly endsAt: EpochSeconds | undefined;
  readonly fallbackEnd: EpochSeconds;
  /** Who ends a token of its own, by its `client_id`: it has a share of the places. Undefined: an order of an administrator. */
  readonly byClient?: string;
}

export interface ListedRevocations {
  /** Of the newest that there ever was, ended or not; 0 for none. */
  readonly generation: number;
  readonly entries: readonly Revocation[];
}

/** A line of a certificate revocation list. */
export interface RevokedSerial {
  readonly serial: string;
  readonly reason: RevocationReason;
  readonly revokedAt: EpochSeconds;
}
