// Original file: proto/cleat/ca/v1/ca.proto

import type { Bundle as _cleat_ca_v1_Bundle, Bundle__Output as _cleat_ca_v1_Bundle__Output } from '../../../cleat/ca/v1/Bundle.ts';

export interface WatchResponse {
  'bundle'?: (_cleat_ca_v1_Bundle | null);
}

export interface WatchResponse__Output {
  'bundle': (_cleat_ca_v1_Bundle__Output | null);
}
