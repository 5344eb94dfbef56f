// Original file: proto/cleat/ca/v1/admin.proto


export interface ListRevocationsRequest {
}

export interface ListRevocationsRequest__Output {
}
