// Original file: proto/cleat/ca/v1/admin.proto


export interface ListLineagesRequest {
  'spiffe_id'?: (string);
  'after'?: (string);
  '_spiffe_id'?: "spiffe_id";
  '_after'?: "after";
}

export interface ListLineagesRequest__Output {
  'spiffe_id'?: (string);
  'after'?: (string);
  '_spiffe_id'?: "spiffe_id";
  '_after'?: "after";
}
