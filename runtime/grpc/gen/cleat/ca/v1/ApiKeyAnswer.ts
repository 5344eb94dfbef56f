// Original file: proto/cleat/ca/v1/admin.proto

import type { ApiKeyState as _cleat_ca_v1_ApiKeyState, ApiKeyState__Output as _cleat_ca_v1_ApiKeyState__Output } from '../../../cleat/ca/v1/ApiKeyState.ts';

export interface ApiKeyAnswer {
  'api_key'?: (_cleat_ca_v1_ApiKeyState | null);
  'key'?: (string);
  '_key'?: "key";
}

export interface ApiKeyAnswer__Output {
  'api_key': (_cleat_ca_v1_ApiKeyState__Output | null);
  'key'?: (string);
  '_key'?: "key";
}
