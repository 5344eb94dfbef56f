// Original file: proto/cleat/ca/v1/admin.proto

import type { MandateState as _cleat_ca_v1_MandateState, MandateState__Output as _cleat_ca_v1_MandateState__Output } from '../../../cleat/ca/v1/MandateState.ts';

export interface MandateAnswer {
  'mandate'?: (_cleat_ca_v1_MandateState | null);
}

export interface MandateAnswer__Output {
  'mandate': (_cleat_ca_v1_MandateState__Output | null);
}
