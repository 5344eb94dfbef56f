// Original file: proto/cleat/ca/v1/admin.proto

import type { WorkloadPattern as _cleat_ca_v1_WorkloadPattern, WorkloadPattern__Output as _cleat_ca_v1_WorkloadPattern__Output } from '../../../cleat/ca/v1/WorkloadPattern.ts';

export interface CreateClientRequest {
  'id'?: (string);
  'methods'?: (string)[];
  'spiffe'?: (_cleat_ca_v1_WorkloadPattern)[];
  'audiences'?: (string)[];
  'scopes'?: (string)[];
  'dpop_bound'?: (boolean);
  'jwks'?: (string);
  '_dpop_bound'?: "dpop_bound";
  '_jwks'?: "jwks";
}

export interface CreateClientRequest__Output {
  'id': (string);
  'methods': (string)[];
  'spiffe': (_cleat_ca_v1_WorkloadPattern__Output)[];
  'audiences': (string)[];
  'scopes': (string)[];
  'dpop_bound'?: (boolean);
  'jwks'?: (string);
  '_dpop_bound'?: "dpop_bound";
  '_jwks'?: "jwks";
}
