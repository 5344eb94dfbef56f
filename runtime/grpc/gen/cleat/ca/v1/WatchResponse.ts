// Original file: proto/cleat/ca/v1/ca.proto

import type { Bundle as _cleat_ca_v1_Bundle, Bundle__Output as _cleat_ca_v1_Bundle__Output } from '../../../cleat/ca/v1/Bundle.ts';
import type { Revocations as _cleat_ca_v1_Revocations, Revocations__Output as _cleat_ca_v1_Revocations__Output } from '../../../cleat/ca/v1/Revocations.ts';

export interface WatchResponse {
  'bundle'?: (_cleat_ca_v1_Bundle | null);
  'revocations'?: (_cleat_ca_v1_Revocations | null);
}

export interface WatchResponse__Output {
  'bundle': (_cleat_ca_v1_Bundle__Output | null);
  'revocations': (_cleat_ca_v1_Revocations__Output | null);
}
