// Original file: proto/cleat/ca/v1/admin.proto

import type { WorkloadPattern as _cleat_ca_v1_WorkloadPattern, WorkloadPattern__Output as _cleat_ca_v1_WorkloadPattern__Output } from '../../../cleat/ca/v1/WorkloadPattern.ts';
import type { Long } from '@grpc/proto-loader';

export interface ApiKeyState {
  'id'?: (string);
  'client'?: (string);
  'owner'?: (string);
  'audiences'?: (string)[];
  'scopes'?: (string)[];
  'spiffe'?: (_cleat_ca_v1_WorkloadPattern)[];
  'networks'?: (string)[];
  'per_minute'?: (number);
  'per_day'?: (number);
  'created_at'?: (number | string | Long);
  'expires_at'?: (number | string | Long);
  'revoked_at'?: (number | string | Long);
  'last_used_at'?: (number | string | Long);
  'used_on_that_day'?: (number);
  '_revoked_at'?: "revoked_at";
  '_last_used_at'?: "last_used_at";
  '_used_on_that_day'?: "used_on_that_day";
}

export interface ApiKeyState__Output {
  'id': (string);
  'client': (string);
  'owner': (string);
  'audiences': (string)[];
  'scopes': (string)[];
  'spiffe': (_cleat_ca_v1_WorkloadPattern__Output)[];
  'networks': (string)[];
  'per_minute': (number);
  'per_day': (number);
  'created_at': (number);
  'expires_at': (number);
  'revoked_at'?: (number);
  'last_used_at'?: (number);
  'used_on_that_day'?: (number);
  '_revoked_at'?: "revoked_at";
  '_last_used_at'?: "last_used_at";
  '_used_on_that_day'?: "used_on_that_day";
}
