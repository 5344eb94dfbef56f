// Original file: proto/cleat/ca/v1/admin.proto


export interface RotateApiKeyRequest {
  'id'?: (string);
  'overlap'?: (string);
  'ttl'?: (string);
  '_overlap'?: "overlap";
  '_ttl'?: "ttl";
}

export interface RotateApiKeyRequest__Output {
  'id': (string);
  'overlap'?: (string);
  'ttl'?: (string);
  '_overlap'?: "overlap";
  '_ttl'?: "ttl";
}
