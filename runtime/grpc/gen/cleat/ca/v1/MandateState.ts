// Original file: proto/cleat/ca/v1/admin.proto

import type { MandateHolder as _cleat_ca_v1_MandateHolder, MandateHolder__Output as _cleat_ca_v1_MandateHolder__Output } from '../../../cleat/ca/v1/MandateHolder.ts';
import type { Long } from '@grpc/proto-loader';

export interface MandateState {
  'id'?: (string);
  'for'?: (_cleat_ca_v1_MandateHolder | null);
  'audience'?: (string);
  'scopes'?: (string)[];
  'purpose'?: (string);
  'created_at'?: (number | string | Long);
  'ends_at'?: (number | string | Long);
}

export interface MandateState__Output {
  'id': (string);
  'for': (_cleat_ca_v1_MandateHolder__Output | null);
  'audience': (string);
  'scopes': (string)[];
  'purpose': (string);
  'created_at': (number);
  'ends_at': (number);
}
