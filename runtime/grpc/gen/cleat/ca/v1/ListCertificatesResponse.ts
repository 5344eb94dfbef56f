// Original file: proto/cleat/ca/v1/admin.proto

import type { IssuedCertificate as _cleat_ca_v1_IssuedCertificate, IssuedCertificate__Output as _cleat_ca_v1_IssuedCertificate__Output } from '../../../cleat/ca/v1/IssuedCertificate.ts';

export interface ListCertificatesResponse {
  'certificates'?: (_cleat_ca_v1_IssuedCertificate)[];
  'next'?: (string);
  '_next'?: "next";
}

export interface ListCertificatesResponse__Output {
  'certificates': (_cleat_ca_v1_IssuedCertificate__Output)[];
  'next'?: (string);
  '_next'?: "next";
}
