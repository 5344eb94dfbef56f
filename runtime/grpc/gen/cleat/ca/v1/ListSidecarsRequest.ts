// Original file: proto/cleat/ca/v1/admin.proto


export interface ListSidecarsRequest {
  'after'?: (string);
  '_after'?: "after";
}

export interface ListSidecarsRequest__Output {
  'after'?: (string);
  '_after'?: "after";
}
