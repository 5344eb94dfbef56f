// Original file: proto/cleat/ca/v1/admin.proto


export interface RevokeRequest {
  'serial'?: (string);
  'lineage'?: (string);
  'spiffe_id'?: (string);
  'jti'?: (string);
  'sub'?: (string);
  'kid'?: (string);
  'issuer'?: (string);
  'until'?: (string);
  'reason'?: (string);
  'origin'?: (string);
  '_serial'?: "serial";
  '_lineage'?: "lineage";
  '_spiffe_id'?: "spiffe_id";
  '_jti'?: "jti";
  '_sub'?: "sub";
  '_kid'?: "kid";
  '_issuer'?: "issuer";
  '_until'?: "until";
  '_reason'?: "reason";
  '_origin'?: "origin";
}

export interface RevokeRequest__Output {
  'serial'?: (string);
  'lineage'?: (string);
  'spiffe_id'?: (string);
  'jti'?: (string);
  'sub'?: (string);
  'kid'?: (string);
  'issuer'?: (string);
  'until'?: (string);
  'reason'?: (string);
  'origin'?: (string);
  '_serial'?: "serial";
  '_lineage'?: "lineage";
  '_spiffe_id'?: "spiffe_id";
  '_jti'?: "jti";
  '_sub'?: "sub";
  '_kid'?: "kid";
  '_issuer'?: "issuer";
  '_until'?: "until";
  '_reason'?: "reason";
  '_origin'?: "origin";
}
