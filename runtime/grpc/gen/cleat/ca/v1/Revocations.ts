// Original file: proto/cleat/ca/v1/ca.proto

import type { Revocation as _cleat_ca_v1_Revocation, Revocation__Output as _cleat_ca_v1_Revocation__Output } from '../../../cleat/ca/v1/Revocation.ts';
import type { Long } from '@grpc/proto-loader';

export interface Revocations {
  'generation'?: (number | string | Long);
  'whole'?: (boolean);
  'more'?: (boolean);
  'entries'?: (_cleat_ca_v1_Revocation)[];
}

export interface Revocations__Output {
  'generation': (number);
  'whole': (boolean);
  'more': (boolean);
  'entries': (_cleat_ca_v1_Revocation__Output)[];
}
