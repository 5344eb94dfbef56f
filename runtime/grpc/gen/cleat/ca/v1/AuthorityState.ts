// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface AuthorityState {
  'slot'?: (string);
  'thumbprint'?: (string);
  'root_thumbprint'?: (string);
  'not_before'?: (number | string | Long);
  'ends_at'?: (number | string | Long);
  'published_at'?: (number | string | Long);
  'begun_by'?: (string);
}

export interface AuthorityState__Output {
  'slot': (string);
  'thumbprint': (string);
  'root_thumbprint': (string);
  'not_before': (number);
  'ends_at': (number);
  'published_at': (number);
  'begun_by': (string);
}
