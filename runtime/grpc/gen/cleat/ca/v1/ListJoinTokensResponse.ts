// Original file: proto/cleat/ca/v1/admin.proto

import type { JoinTokenState as _cleat_ca_v1_JoinTokenState, JoinTokenState__Output as _cleat_ca_v1_JoinTokenState__Output } from '../../../cleat/ca/v1/JoinTokenState.ts';

export interface ListJoinTokensResponse {
  'join_tokens'?: (_cleat_ca_v1_JoinTokenState)[];
}

export interface ListJoinTokensResponse__Output {
  'join_tokens': (_cleat_ca_v1_JoinTokenState__Output)[];
}
