// Original file: proto/cleat/ca/v1/admin.proto


export interface ListClientsRequest {
  'id'?: (string);
  'after'?: (string);
  '_id'?: "id";
  '_after'?: "after";
}

export interface ListClientsRequest__Output {
  'id'?: (string);
  'after'?: (string);
  '_id'?: "id";
  '_after'?: "after";
}
