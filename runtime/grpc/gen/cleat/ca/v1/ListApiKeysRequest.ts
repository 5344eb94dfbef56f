// Original file: proto/cleat/ca/v1/admin.proto


export interface ListApiKeysRequest {
  'client'?: (string);
  'after'?: (string);
  '_client'?: "client";
  '_after'?: "after";
}

export interface ListApiKeysRequest__Output {
  'client'?: (string);
  'after'?: (string);
  '_client'?: "client";
  '_after'?: "after";
}
