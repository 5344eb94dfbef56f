// Original file: proto/cleat/ca/v1/ca.proto

import type { RevokedCertificate as _cleat_ca_v1_RevokedCertificate, RevokedCertificate__Output as _cleat_ca_v1_RevokedCertificate__Output } from '../../../cleat/ca/v1/RevokedCertificate.ts';
import type { RevokedToken as _cleat_ca_v1_RevokedToken, RevokedToken__Output as _cleat_ca_v1_RevokedToken__Output } from '../../../cleat/ca/v1/RevokedToken.ts';
import type { Long } from '@grpc/proto-loader';

export interface Revocation {
  'generation'?: (number | string | Long);
  'reason'?: (number);
  'revoked_at'?: (number | string | Long);
  'ends_at'?: (number | string | Long);
  'certificate'?: (_cleat_ca_v1_RevokedCertificate | null);
  'lineage_id'?: (Buffer | Uint8Array | string);
  'frozen_lineage_id'?: (Buffer | Uint8Array | string);
  'spiffe_id'?: (string);
  'jti'?: (_cleat_ca_v1_RevokedToken | null);
  'sub'?: (_cleat_ca_v1_RevokedToken | null);
  'kid'?: (_cleat_ca_v1_RevokedToken | null);
  'frozen_spiffe_id'?: (string);
  'origin'?: (_cleat_ca_v1_RevokedToken | null);
  'revoked'?: "certificate"|"lineage_id"|"frozen_lineage_id"|"spiffe_id"|"jti"|"sub"|"kid"|"frozen_spiffe_id"|"origin";
}

export interface Revocation__Output {
  'generation': (number);
  'reason': (number);
  'revoked_at': (number);
  'ends_at': (number);
  'certificate'?: (_cleat_ca_v1_RevokedCertificate__Output | null);
  'lineage_id'?: (Buffer);
  'frozen_lineage_id'?: (Buffer);
  'spiffe_id'?: (string);
  'jti'?: (_cleat_ca_v1_RevokedToken__Output | null);
  'sub'?: (_cleat_ca_v1_RevokedToken__Output | null);
  'kid'?: (_cleat_ca_v1_RevokedToken__Output | null);
  'frozen_spiffe_id'?: (string);
  'origin'?: (_cleat_ca_v1_RevokedToken__Output | null);
  'revoked'?: "certificate"|"lineage_id"|"frozen_lineage_id"|"spiffe_id"|"jti"|"sub"|"kid"|"frozen_spiffe_id"|"origin";
}
