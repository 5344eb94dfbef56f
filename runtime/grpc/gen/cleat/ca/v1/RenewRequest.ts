// Original file: proto/cleat/ca/v1/ca.proto


export interface RenewRequest {
  'csr'?: (Buffer | Uint8Array | string);
  'ttl_seconds'?: (number);
}

export interface RenewRequest__Output {
  'csr': (Buffer);
  'ttl_seconds': (number);
}
