// Original file: proto/cleat/ca/v1/admin.proto


export interface ListMandatesRequest {
  'after'?: (string);
  '_after'?: "after";
}

export interface ListMandatesRequest__Output {
  'after'?: (string);
  '_after'?: "after";
}
