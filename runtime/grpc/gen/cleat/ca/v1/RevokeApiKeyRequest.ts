// Original file: proto/cleat/ca/v1/admin.proto


export interface RevokeApiKeyRequest {
  'id'?: (string);
  'hash'?: (string);
  '_id'?: "id";
  '_hash'?: "hash";
}

export interface RevokeApiKeyRequest__Output {
  'id'?: (string);
  'hash'?: (string);
  '_id'?: "id";
  '_hash'?: "hash";
}
