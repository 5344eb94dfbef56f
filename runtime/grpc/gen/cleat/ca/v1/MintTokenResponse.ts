// Original file: proto/cleat/ca/v1/ca.proto

import type { Long } from '@grpc/proto-loader';

export interface MintTokenResponse {
  'token'?: (string);
  'expires_at'?: (number | string | Long);
  'scopes'?: (string)[];
}

export interface MintTokenResponse__Output {
  'token': (string);
  'expires_at': (number);
  'scopes': (string)[];
}
