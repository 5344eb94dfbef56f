// Original file: proto/cleat/ca/v1/admin.proto

import type { AuthorityState as _cleat_ca_v1_AuthorityState, AuthorityState__Output as _cleat_ca_v1_AuthorityState__Output } from '../../../cleat/ca/v1/AuthorityState.ts';
import type { SidecarState as _cleat_ca_v1_SidecarState, SidecarState__Output as _cleat_ca_v1_SidecarState__Output } from '../../../cleat/ca/v1/SidecarState.ts';
import type { Long } from '@grpc/proto-loader';

export interface RotationStatus {
  'phase'?: (string);
  'source'?: (string);
  'bundle_generation'?: (number | string | Long);
  'schedule_is_paused'?: (boolean);
  'authorities'?: (_cleat_ca_v1_AuthorityState)[];
  'unacknowledged'?: (_cleat_ca_v1_SidecarState)[];
  'still_used'?: (_cleat_ca_v1_SidecarState)[];
}

export interface RotationStatus__Output {
  'phase': (string);
  'source': (string);
  'bundle_generation': (number);
  'schedule_is_paused': (boolean);
  'authorities': (_cleat_ca_v1_AuthorityState__Output)[];
  'unacknowledged': (_cleat_ca_v1_SidecarState__Output)[];
  'still_used': (_cleat_ca_v1_SidecarState__Output)[];
}
