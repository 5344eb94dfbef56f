// Original file: proto/cleat/ca/v1/ca.proto

import type { X509Possession as _cleat_ca_v1_X509Possession, X509Possession__Output as _cleat_ca_v1_X509Possession__Output } from '../../../cleat/ca/v1/X509Possession.ts';

export interface IssueRequest {
  'csr'?: (Buffer | Uint8Array | string);
  'join_token'?: (string);
  'ttl_seconds'?: (number);
  'x509'?: (_cleat_ca_v1_X509Possession | null);
  'oidc_token'?: (string);
  'evidence'?: "join_token"|"x509"|"oidc_token";
}

export interface IssueRequest__Output {
  'csr': (Buffer);
  'join_token'?: (string);
  'ttl_seconds': (number);
  'x509'?: (_cleat_ca_v1_X509Possession__Output | null);
  'oidc_token'?: (string);
  'evidence'?: "join_token"|"x509"|"oidc_token";
}
