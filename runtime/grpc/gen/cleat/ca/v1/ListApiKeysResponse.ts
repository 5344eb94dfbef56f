// Original file: proto/cleat/ca/v1/admin.proto

import type { ApiKeyState as _cleat_ca_v1_ApiKeyState, ApiKeyState__Output as _cleat_ca_v1_ApiKeyState__Output } from '../../../cleat/ca/v1/ApiKeyState.ts';

export interface ListApiKeysResponse {
  'api_keys'?: (_cleat_ca_v1_ApiKeyState)[];
  'next'?: (string);
  '_next'?: "next";
}

export interface ListApiKeysResponse__Output {
  'api_keys': (_cleat_ca_v1_ApiKeyState__Output)[];
  'next'?: (string);
  '_next'?: "next";
}
