// Original file: proto/cleat/ca/v1/admin.proto

import type { RevocationEntry as _cleat_ca_v1_RevocationEntry, RevocationEntry__Output as _cleat_ca_v1_RevocationEntry__Output } from '../../../cleat/ca/v1/RevocationEntry.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListRevocationsResponse {
  'generation'?: (number | string | Long);
  'entries'?: (_cleat_ca_v1_RevocationEntry)[];
}

export interface ListRevocationsResponse__Output {
  'generation': (number);
  'entries': (_cleat_ca_v1_RevocationEntry__Output)[];
}
