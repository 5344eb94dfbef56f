// Original file: proto/cleat/ca/v1/admin.proto


export interface DisableClientRequest {
  'id'?: (string);
}

export interface DisableClientRequest__Output {
  'id': (string);
}
