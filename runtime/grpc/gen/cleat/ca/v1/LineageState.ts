// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface LineageState {
  'lineage_id'?: (string);
  'spiffe_id'?: (string);
  'sequence'?: (number);
  'serial'?: (string);
  'not_after'?: (number | string | Long);
  'frozen_at'?: (number | string | Long);
  '_frozen_at'?: "frozen_at";
}

export interface LineageState__Output {
  'lineage_id': (string);
  'spiffe_id': (string);
  'sequence': (number);
  'serial': (string);
  'not_after': (number);
  'frozen_at'?: (number);
  '_frozen_at'?: "frozen_at";
}
