// Original file: proto/cleat/ca/v1/ca.proto

import type { Long } from '@grpc/proto-loader';

export interface X509Possession {
  'chain'?: (Buffer | Uint8Array | string)[];
  'signed_at'?: (number | string | Long);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface X509Possession__Output {
  'chain': (Buffer)[];
  'signed_at': (number);
  'signature': (Buffer);
}
