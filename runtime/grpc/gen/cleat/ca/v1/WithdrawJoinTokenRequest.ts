// Original file: proto/cleat/ca/v1/admin.proto


export interface WithdrawJoinTokenRequest {
  'id'?: (string);
}

export interface WithdrawJoinTokenRequest__Output {
  'id': (string);
}
