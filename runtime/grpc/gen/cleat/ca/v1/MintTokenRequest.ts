// Original file: proto/cleat/ca/v1/ca.proto


export interface MintTokenRequest {
  'audience'?: (string);
  'scopes'?: (string)[];
  'ttl_seconds'?: (number);
}

export interface MintTokenRequest__Output {
  'audience': (string);
  'scopes': (string)[];
  'ttl_seconds': (number);
}
