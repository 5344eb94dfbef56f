// Original file: proto/cleat/ca/v1/admin.proto

import type { ClientState as _cleat_ca_v1_ClientState, ClientState__Output as _cleat_ca_v1_ClientState__Output } from '../../../cleat/ca/v1/ClientState.ts';

export interface ClientAnswer {
  'client'?: (_cleat_ca_v1_ClientState | null);
  'secret'?: (string);
  '_secret'?: "secret";
}

export interface ClientAnswer__Output {
  'client': (_cleat_ca_v1_ClientState__Output | null);
  'secret'?: (string);
  '_secret'?: "secret";
}
