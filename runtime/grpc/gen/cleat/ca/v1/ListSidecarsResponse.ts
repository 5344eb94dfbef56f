// Original file: proto/cleat/ca/v1/admin.proto

import type { SidecarState as _cleat_ca_v1_SidecarState, SidecarState__Output as _cleat_ca_v1_SidecarState__Output } from '../../../cleat/ca/v1/SidecarState.ts';

export interface ListSidecarsResponse {
  'sidecars'?: (_cleat_ca_v1_SidecarState)[];
  'next'?: (string);
  '_next'?: "next";
}

export interface ListSidecarsResponse__Output {
  'sidecars': (_cleat_ca_v1_SidecarState__Output)[];
  'next'?: (string);
  '_next'?: "next";
}
