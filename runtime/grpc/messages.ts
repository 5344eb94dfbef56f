/**
 * What crosses the wire between sidecar and CA, as domain values. The generated protobuf types stay behind
 * `runtime/grpc/ca-server.ts` and `runtime/grpc/ca-client.ts`.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';

/** The trusted roots of one trust domain; DER, at least one. */
export interface BundleState {
  readonly generation: number;
  readonly roots: readonly Buffer[];
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

export interface IssueRequest {
  readonly csr: Buffer;
  /** Secret. */
  readonly joinToken: string;
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
  issue(request: IssueRequest): Promise<Outcome<IssuedCertificate>>;
}

/** What `mesh` serves. `leaf` is the DER of the client certificate that TLS verified against the bundle. */
export interface MeshHandlers {
  renew(leaf: Buffer, request: RenewRequest): Promise<Outcome<IssuedCertificate>>;
  mint(leaf: Buffer, request: MintRequest): Promise<Outcome<MintedToken>>;
  acknowledge(leaf: Buffer, bundleGeneration: number): Promise<Outcome<void>>;
  /** Calls `send` with the whole state at once and at each change, until the signal aborts. */
  watch(leaf: Buffer, send: (state: BundleState) => void, signal: AbortSignal): Promise<Outcome<void>>;
}
