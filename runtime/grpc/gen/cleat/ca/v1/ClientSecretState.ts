// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface ClientSecretState {
  'ends_at'?: (number | string | Long);
  '_ends_at'?: "ends_at";
}

export interface ClientSecretState__Output {
  'ends_at'?: (number);
  '_ends_at'?: "ends_at";
}
