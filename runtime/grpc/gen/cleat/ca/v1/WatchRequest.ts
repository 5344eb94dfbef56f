// Original file: proto/cleat/ca/v1/ca.proto


export interface WatchRequest {
}

export interface WatchRequest__Output {
}
