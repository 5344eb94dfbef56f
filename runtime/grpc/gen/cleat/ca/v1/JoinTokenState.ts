// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface JoinTokenState {
  'id'?: (string);
  'path'?: (string);
  'dns_names'?: (string)[];
  'expires_at'?: (number | string | Long);
}

export interface JoinTokenState__Output {
  'id': (string);
  'path': (string);
  'dns_names': (string)[];
  'expires_at': (number);
}
