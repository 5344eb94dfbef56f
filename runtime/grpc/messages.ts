/**
 * What crosses the wire between sidecar and CA, as domain values. The generated protobuf types stay behind
 * `runtime/grpc/ca-server.ts` and `runtime/grpc/ca-client.ts`.
 */
import type { Outcome, Refusal } from '../../core/fault/refusal.ts';
import type { Revocation } from '../../core/identity/revocation.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';

/** The trusted roots of one trust domain; DER, at least one. */
export interface BundleState {
  readonly generation: number;
  readonly roots: readonly Buffer[];
}

/** All revocations that matter now, in the order of their generations. */
export interface RevocationState {
  /** Of the newest that there ever was; 0 for none. */
  readonly generation: number;
  readonly entries: readonly Revocation[];
}

/** What verifiers need to know. One object a state: it is compared by identity. */
export interface TrustState {
  readonly bundle: BundleState;
  readonly revocations: RevocationState;
}

/** What an instance says that it runs on. */
export interface HeldGenerations {
  readonly bundle: number;
  readonly revocations: number;
}

/** An issued certificate and what its holder needs to use it. `chain` is DER, leaf first, without the root. */
export interface IssuedCertificate {
  readonly chain: readonly Buffer[];
  readonly bundle: BundleState;
  readonly spiffeId: string;
  readonly renewAt: EpochSeconds;
  readonly notAfter: EpochSeconds;
  readonly lineageId: Buffer;
  readonly lineageSequence: number;
}

/** What a workload shows that has no certificate of this CA. */
export type ShownEvidence =
  /** `text` is secret. */
  | { readonly kind: 'join-token'; readonly text: string }
  | ShownPossession
  /** `token` is secret: a compact JWS. */
  | { readonly kind: 'oidc'; readonly token: string };

/** A certificate of another CA and the proof of its key (`core/x509/possession.ts`). `chain` is DER, leaf first. */
export interface ShownPossession {
  readonly kind: 'x509';
  readonly chain: readonly Buffer[];
  readonly signedAt: EpochSeconds;
  readonly signature: Buffer;
}

export interface IssueRequest {
  readonly csr: Buffer;
  readonly evidence: ShownEvidence;
  readonly ttl: Seconds | undefined;
}

export interface RenewRequest {
  readonly csr: Buffer;
  readonly ttl: Seconds | undefined;
}

export interface MintRequest {
  readonly audience: string;
  /** Empty: all that the matching rule grants. */
  readonly scopes: readonly string[];
  readonly ttl: Seconds | undefined;
}

export interface MintedToken {
  /** Secret. */
  readonly token: string;
  readonly expiresAt: EpochSeconds;
  readonly scopes: readonly string[];
}

/** What `bootstrap` serves. Handlers never throw for a bad request: they refuse. */
export interface BootstrapHandlers {
  /** `peer` is the caller's `address:port`. */
  issue(request: IssueRequest, peer: string): Promise<Outcome<IssuedCertificate>>;
  /** A request that could not be read: counts who sent it, and gives what he is told. */
  malformed(refusal: Refusal, peer: string): Outcome<never>;
}

/** What `mesh` serves. `leaf` is the DER of the client certificate that TLS verified against the bundle. */
export interface MeshHandlers {
  renew(leaf: Buffer, request: RenewRequest): Promise<Outcome<IssuedCertificate>>;
  /** A renewal that could not be read: counts who sent it, and gives what he is told. */
  malformed(refusal: Refusal, leaf: Buffer): Outcome<never>;
  mint(leaf: Buffer, request: MintRequest): Promise<Outcome<MintedToken>>;
  acknowledge(leaf: Buffer, held: HeldGenerations): Promise<Outcome<void>>;
  /** Calls `send` with the whole state at once and at each change, until the signal aborts. */
  watch(leaf: Buffer, send: (state: TrustState) => void, signal: AbortSignal): Promise<Outcome<void>>;
}
