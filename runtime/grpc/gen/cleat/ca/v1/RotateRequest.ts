// Original file: proto/cleat/ca/v1/admin.proto


export interface RotateRequest {
  'step'?: (string);
  'force'?: (boolean);
  '_force'?: "force";
}

export interface RotateRequest__Output {
  'step': (string);
  'force'?: (boolean);
  '_force'?: "force";
}
