// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface SidecarState {
  'spiffe_id'?: (string);
  'lineage_id'?: (string);
  'serial'?: (string);
  'not_after'?: (number | string | Long);
  'runs_on'?: (number | string | Long);
  '_runs_on'?: "runs_on";
}

export interface SidecarState__Output {
  'spiffe_id': (string);
  'lineage_id': (string);
  'serial': (string);
  'not_after': (number);
  'runs_on'?: (number);
  '_runs_on'?: "runs_on";
}
