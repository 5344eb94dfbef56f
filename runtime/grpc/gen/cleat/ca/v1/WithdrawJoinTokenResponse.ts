// Original file: proto/cleat/ca/v1/admin.proto


export interface WithdrawJoinTokenResponse {
}

export interface WithdrawJoinTokenResponse__Output {
}
