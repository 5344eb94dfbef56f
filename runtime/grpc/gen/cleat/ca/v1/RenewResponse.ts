// Original file: proto/cleat/ca/v1/ca.proto

import type { Certificate as _cleat_ca_v1_Certificate, Certificate__Output as _cleat_ca_v1_Certificate__Output } from '../../../cleat/ca/v1/Certificate.ts';

export interface RenewResponse {
  'certificate'?: (_cleat_ca_v1_Certificate | null);
}

export interface RenewResponse__Output {
  'certificate': (_cleat_ca_v1_Certificate__Output | null);
}
