// Original file: proto/cleat/ca/v1/ca.proto


export interface RevokedCertificate {
  'serial'?: (Buffer | Uint8Array | string);
  'thumbprint'?: (Buffer | Uint8Array | string);
  'lineage_id'?: (Buffer | Uint8Array | string);
  'lineage_sequence'?: (number);
}

export interface RevokedCertificate__Output {
  'serial': (Buffer);
  'thumbprint': (Buffer);
  'lineage_id': (Buffer);
  'lineage_sequence': (number);
}
