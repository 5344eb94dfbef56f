// Original file: proto/cleat/ca/v1/admin.proto


export interface ListJoinTokensRequest {
}

export interface ListJoinTokensRequest__Output {
}
