// Original file: proto/cleat/ca/v1/ca.proto


export interface RevokedToken {
  'issuer'?: (string);
  'value'?: (string);
}

export interface RevokedToken__Output {
  'issuer': (string);
  'value': (string);
}
