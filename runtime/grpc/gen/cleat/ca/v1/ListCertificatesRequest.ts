// Original file: proto/cleat/ca/v1/admin.proto


export interface ListCertificatesRequest {
  'spiffe_id'?: (string);
  'serial'?: (string);
  'after'?: (string);
  '_spiffe_id'?: "spiffe_id";
  '_serial'?: "serial";
  '_after'?: "after";
}

export interface ListCertificatesRequest__Output {
  'spiffe_id'?: (string);
  'serial'?: (string);
  'after'?: (string);
  '_spiffe_id'?: "spiffe_id";
  '_serial'?: "serial";
  '_after'?: "after";
}
