// Original file: proto/cleat/ca/v1/admin.proto


export interface MakeJoinTokenRequest {
  'path'?: (string);
  'dns_names'?: (string)[];
  'ttl'?: (string);
  '_ttl'?: "ttl";
}

export interface MakeJoinTokenRequest__Output {
  'path': (string);
  'dns_names': (string)[];
  'ttl'?: (string);
  '_ttl'?: "ttl";
}
