// Original file: proto/cleat/ca/v1/ca.proto

import type { Long } from '@grpc/proto-loader';

export interface Bundle {
  'generation'?: (number | string | Long);
  'roots'?: (Buffer | Uint8Array | string)[];
}

export interface Bundle__Output {
  'generation': (number);
  'roots': (Buffer)[];
}
