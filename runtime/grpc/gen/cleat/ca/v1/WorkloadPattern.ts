// Original file: proto/cleat/ca/v1/admin.proto


export interface WorkloadPattern {
  'exact'?: (string);
  'under'?: (string);
  'any'?: (boolean);
  '_exact'?: "exact";
  '_under'?: "under";
  '_any'?: "any";
}

export interface WorkloadPattern__Output {
  'exact'?: (string);
  'under'?: (string);
  'any'?: (boolean);
  '_exact'?: "exact";
  '_under'?: "under";
  '_any'?: "any";
}
