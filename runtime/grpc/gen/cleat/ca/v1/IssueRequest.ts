// Original file: proto/cleat/ca/v1/ca.proto


export interface IssueRequest {
  'csr'?: (Buffer | Uint8Array | string);
  'join_token'?: (string);
  'ttl_seconds'?: (number);
  'evidence'?: "join_token";
}

export interface IssueRequest__Output {
  'csr': (Buffer);
  'join_token'?: (string);
  'ttl_seconds': (number);
  'evidence'?: "join_token";
}
