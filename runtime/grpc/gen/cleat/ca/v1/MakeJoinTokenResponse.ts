// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface MakeJoinTokenResponse {
  'token'?: (string);
  'spiffe_id'?: (string);
  'dns_names'?: (string)[];
  'expires_at'?: (number | string | Long);
}

export interface MakeJoinTokenResponse__Output {
  'token': (string);
  'spiffe_id': (string);
  'dns_names': (string)[];
  'expires_at': (number);
}
