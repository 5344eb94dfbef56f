// Original file: proto/cleat/ca/v1/ca.proto

import type { Long } from '@grpc/proto-loader';

export interface AcknowledgeRequest {
  'bundle_generation'?: (number | string | Long);
  'revocation_generation'?: (number | string | Long);
}

export interface AcknowledgeRequest__Output {
  'bundle_generation': (number);
  'revocation_generation': (number);
}
