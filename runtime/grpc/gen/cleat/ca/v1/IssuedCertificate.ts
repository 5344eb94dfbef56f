// Original file: proto/cleat/ca/v1/admin.proto

import type { Long } from '@grpc/proto-loader';

export interface IssuedCertificate {
  'serial'?: (string);
  'spiffe_id'?: (string);
  'lineage_id'?: (string);
  'sequence'?: (number);
  'attestor'?: (string);
  'evidence'?: (string);
  'issued_at'?: (number | string | Long);
  'not_after'?: (number | string | Long);
  'thumbprint'?: (string);
  'authority'?: (string);
  '_evidence'?: "evidence";
}

export interface IssuedCertificate__Output {
  'serial': (string);
  'spiffe_id': (string);
  'lineage_id': (string);
  'sequence': (number);
  'attestor': (string);
  'evidence'?: (string);
  'issued_at': (number);
  'not_after': (number);
  'thumbprint': (string);
  'authority': (string);
  '_evidence'?: "evidence";
}
