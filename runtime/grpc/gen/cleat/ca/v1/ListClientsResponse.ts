// Original file: proto/cleat/ca/v1/admin.proto

import type { ClientState as _cleat_ca_v1_ClientState, ClientState__Output as _cleat_ca_v1_ClientState__Output } from '../../../cleat/ca/v1/ClientState.ts';

export interface ListClientsResponse {
  'clients'?: (_cleat_ca_v1_ClientState)[];
  'next'?: (string);
  '_next'?: "next";
}

export interface ListClientsResponse__Output {
  'clients': (_cleat_ca_v1_ClientState__Output)[];
  'next'?: (string);
  '_next'?: "next";
}
