// Original file: proto/cleat/ca/v1/admin.proto

import type { MandateState as _cleat_ca_v1_MandateState, MandateState__Output as _cleat_ca_v1_MandateState__Output } from '../../../cleat/ca/v1/MandateState.ts';

export interface ListMandatesResponse {
  'mandates'?: (_cleat_ca_v1_MandateState)[];
  'next'?: (string);
  '_next'?: "next";
}

export interface ListMandatesResponse__Output {
  'mandates': (_cleat_ca_v1_MandateState__Output)[];
  'next'?: (string);
  '_next'?: "next";
}
