// Original file: proto/cleat/ca/v1/admin.proto


export interface RotateClientRequest {
  'id'?: (string);
  'overlap'?: (string);
  'jwks'?: (string);
  '_overlap'?: "overlap";
  '_jwks'?: "jwks";
}

export interface RotateClientRequest__Output {
  'id': (string);
  'overlap'?: (string);
  'jwks'?: (string);
  '_overlap'?: "overlap";
  '_jwks'?: "jwks";
}
