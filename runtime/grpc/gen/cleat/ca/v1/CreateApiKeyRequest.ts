// Original file: proto/cleat/ca/v1/admin.proto

import type { WorkloadPattern as _cleat_ca_v1_WorkloadPattern, WorkloadPattern__Output as _cleat_ca_v1_WorkloadPattern__Output } from '../../../cleat/ca/v1/WorkloadPattern.ts';

export interface CreateApiKeyRequest {
  'client'?: (string);
  'owner'?: (string);
  'ttl'?: (string);
  'audiences'?: (string)[];
  'scopes'?: (string)[];
  'spiffe'?: (_cleat_ca_v1_WorkloadPattern)[];
  'networks'?: (string)[];
  'per_minute'?: (number);
  'per_day'?: (number);
  '_ttl'?: "ttl";
  '_per_minute'?: "per_minute";
  '_per_day'?: "per_day";
}

export interface CreateApiKeyRequest__Output {
  'client': (string);
  'owner': (string);
  'ttl'?: (string);
  'audiences': (string)[];
  'scopes': (string)[];
  'spiffe': (_cleat_ca_v1_WorkloadPattern__Output)[];
  'networks': (string)[];
  'per_minute'?: (number);
  'per_day'?: (number);
  '_ttl'?: "ttl";
  '_per_minute'?: "per_minute";
  '_per_day'?: "per_day";
}
