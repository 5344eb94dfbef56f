// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface RevocationEntry {
  'generation'?: (number | string | Long);
  'kind'?: (string);
  'serial'?: (string);
  'thumbprint'?: (string);
  'lineage_id'?: (string);
  'sequence'?: (number);
  'spiffe_id'?: (string);
  'issuer'?: (string);
  'value'?: (string);
  'reason'?: (string);
  'revoked_at'?: (number | string | Long);
  'ends_at'?: (number | string | Long);
  '_serial'?: "serial";
  '_thumbprint'?: "thumbprint";
  '_lineage_id'?: "lineage_id";
  '_sequence'?: "sequence";
  '_spiffe_id'?: "spiffe_id";
  '_issuer'?: "issuer";
  '_value'?: "value";
}

export interface RevocationEntry__Output {
  'generation': (number);
  'kind': (string);
  'serial'?: (string);
  'thumbprint'?: (string);
  'lineage_id'?: (string);
  'sequence'?: (number);
  'spiffe_id'?: (string);
  'issuer'?: (string);
  'value'?: (string);
  'reason': (string);
  'revoked_at': (number);
  'ends_at': (number);
  '_serial'?: "serial";
  '_thumbprint'?: "thumbprint";
  '_lineage_id'?: "lineage_id";
  '_sequence'?: "sequence";
  '_spiffe_id'?: "spiffe_id";
  '_issuer'?: "issuer";
  '_value'?: "value";
}
