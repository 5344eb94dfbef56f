// Original file: proto/cleat/ca/v1/ca.proto

import type { Bundle as _cleat_ca_v1_Bundle, Bundle__Output as _cleat_ca_v1_Bundle__Output } from '../../../cleat/ca/v1/Bundle.ts';
import type { Long } from '@grpc/proto-loader';

export interface Certificate {
  'chain'?: (Buffer | Uint8Array | string)[];
  'bundle'?: (_cleat_ca_v1_Bundle | null);
  'spiffe_id'?: (string);
  'renew_at'?: (number | string | Long);
  'not_after'?: (number | string | Long);
  'lineage_id'?: (Buffer | Uint8Array | string);
  'lineage_sequence'?: (number);
}

export interface Certificate__Output {
  'chain': (Buffer)[];
  'bundle': (_cleat_ca_v1_Bundle__Output | null);
  'spiffe_id': (string);
  'renew_at': (number);
  'not_after': (number);
  'lineage_id': (Buffer);
  'lineage_sequence': (number);
}
