// Original file: proto/cleat/ca/v1/ca.proto


export interface AcknowledgeResponse {
}

export interface AcknowledgeResponse__Output {
}
