// Original file: proto/cleat/ca/v1/admin.proto

import type { WorkloadPattern as _cleat_ca_v1_WorkloadPattern, WorkloadPattern__Output as _cleat_ca_v1_WorkloadPattern__Output } from '../../../cleat/ca/v1/WorkloadPattern.ts';
import type { ClientSecretState as _cleat_ca_v1_ClientSecretState, ClientSecretState__Output as _cleat_ca_v1_ClientSecretState__Output } from '../../../cleat/ca/v1/ClientSecretState.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClientState {
  'id'?: (string);
  'methods'?: (string)[];
  'spiffe'?: (_cleat_ca_v1_WorkloadPattern)[];
  'audiences'?: (string)[];
  'scopes'?: (string)[];
  'dpop_bound'?: (boolean);
  'jwks'?: (string);
  'secrets'?: (_cleat_ca_v1_ClientSecretState)[];
  'created_at'?: (number | string | Long);
  'disabled_at'?: (number | string | Long);
  '_jwks'?: "jwks";
  '_disabled_at'?: "disabled_at";
}

export interface ClientState__Output {
  'id': (string);
  'methods': (string)[];
  'spiffe': (_cleat_ca_v1_WorkloadPattern__Output)[];
  'audiences': (string)[];
  'scopes': (string)[];
  'dpop_bound': (boolean);
  'jwks'?: (string);
  'secrets': (_cleat_ca_v1_ClientSecretState__Output)[];
  'created_at': (number);
  'disabled_at'?: (number);
  '_jwks'?: "jwks";
  '_disabled_at'?: "disabled_at";
}
