// Original file: proto/cleat/ca/v1/admin.proto

import type { LineageState as _cleat_ca_v1_LineageState, LineageState__Output as _cleat_ca_v1_LineageState__Output } from '../../../cleat/ca/v1/LineageState.ts';

export interface ListLineagesResponse {
  'lineages'?: (_cleat_ca_v1_LineageState)[];
  'next'?: (string);
  '_next'?: "next";
}

export interface ListLineagesResponse__Output {
  'lineages': (_cleat_ca_v1_LineageState__Output)[];
  'next'?: (string);
  '_next'?: "next";
}
