// Original file: proto/cleat/ca/v1/admin.proto


export interface EndMandateRequest {
  'id'?: (string);
}

export interface EndMandateRequest__Output {
  'id': (string);
}
