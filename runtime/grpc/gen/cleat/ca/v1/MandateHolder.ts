// Original file: proto/cleat/ca/v1/admin.proto

import type { WorkloadPattern as _cleat_ca_v1_WorkloadPattern, WorkloadPattern__Output as _cleat_ca_v1_WorkloadPattern__Output } from '../../../cleat/ca/v1/WorkloadPattern.ts';

export interface MandateHolder {
  'spiffe'?: (_cleat_ca_v1_WorkloadPattern | null);
  'client'?: (string);
  '_spiffe'?: "spiffe";
  '_client'?: "client";
}

export interface MandateHolder__Output {
  'spiffe'?: (_cleat_ca_v1_WorkloadPattern__Output | null);
  'client'?: (string);
  '_spiffe'?: "spiffe";
  '_client'?: "client";
}
