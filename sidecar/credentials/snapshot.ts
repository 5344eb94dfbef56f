/** One immutable generation of key, chain, bundle and identity. It is replaced whole, never edited. */
import type { KeyObject } from 'node:crypto';

import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';

export interface Snapshot {
  /** From 1; grows by one with each adopted change of certificate or bundle. */
  readonly generation: number;
  readonly id: SpiffeId;
  /** Secret. The private key of `leaf`. */
  readonly key: KeyObject;
  readonly leaf: Certificate;
  /** DER, leaf first, without the root. */
  readonly chain: readonly Buffer[];
  /** DER of the trusted roots. */
  readonly roots: readonly Buffer[];
  readonly bundleGeneration: number;
  readonly renewAt: EpochSeconds;
}
