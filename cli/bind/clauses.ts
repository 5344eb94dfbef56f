/** Where each refusal of the data plane stands in a standard, for who has to explain it. Decides nothing. */
import type { Code } from '../../core/fault/catalog.ts';
import type { Caller } from '../../core/token/bind.ts';

/** RFC and section; of our own rules the document. */
const REFUSALS: Partial<Record<Code, string>> = {
  PEER_NO_CERTIFICATE: 'RFC 8705 section 3; RFC 8446 section 4.4.2.4',
  PEER_UNTRUSTED: 'RFC 5280 section 6.1',
  PEER_EXPIRED: 'RFC 5280 section 4.1.2.5',
  PEER_NOT_SVID: 'X.509-SVID sections 2 to 5',
  PEER_TRUST_DOMAIN: 'X.509-SVID section 5',
  PEER_REVOKED: 'RFC 5280 section 6.3',
  TOKEN_ABSENT: 'RFC 6750 section 3.1',
  TOKEN_DUPLICATE: 'RFC 6750 section 2',
  TOKEN_MALFORMED: 'RFC 6750 section 2.1',
  TOKEN_SCHEME: 'RFC 9110 section 11.1',
  TOKEN_TOO_LONG: 'RFC 8725 section 3.11',
  TOKEN_GRAMMAR: 'RFC 7515 section 7.1',
  TOKEN_JSON: 'RFC 7515 section 4; RFC 8259 section 4',
  TOKEN_HEADER: 'RFC 7515 section 4.1',
  TOKEN_TYPE: 'RFC 8725 section 3.11; RFC 9068 section 4',
  TOKEN_ISSUER: 'RFC 7519 section 4.1.1; RFC 8725 section 3.8',
  TOKEN_ALGORITHM: 'RFC 8725 section 3.1',
  TOKEN_KEY: 'RFC 7517 section 4.5; RFC 7515 section 4.1.4',
  TOKEN_SIGNATURE: 'RFC 7515 section 5.2',
  TOKEN_CLAIMS: 'RFC 7519 section 4.1; RFC 9068 section 2.2',
  TOKEN_AUDIENCE: 'RFC 7519 section 4.1.3; RFC 9068 section 4',
  TOKEN_EXPIRED: 'RFC 7519 section 4.1.4',
  TOKEN_EARLY: 'RFC 7519 section 4.1.5',
  TOKEN_LIFETIME: 'RFC 8725 section 3.10',
  TOKEN_REVOKED: 'RFC 7009 section 2',
  TOKEN_KEYS_UNAVAILABLE: 'RFC 7517 section 5',
  TOKEN_API_KEY: 'RFC 6750 section 3.1; docs/api-keys.md',
  TOKEN_INACTIVE: 'RFC 7662 section 2.2',
  TOKEN_INTROSPECTION_UNAVAILABLE: 'RFC 7662 section 4',
  BINDING_ABSENT: 'RFC 8705 section 3',
  BINDING_MALFORMED: 'RFC 7800 section 3.1; RFC 8705 section 3.1',
  BINDING_UNKNOWN: 'RFC 7800 section 3.1',
  BINDING_MISMATCH: 'RFC 8705 section 3; docs/threat-model.md (lineage)',
  BINDING_NEWER: 'RFC 8705 section 6.3; docs/threat-model.md (lineage)',
  BINDING_ACTOR: 'RFC 8693 section 4.1',
  BINDING_PROOF: 'RFC 9449 section 4.3',
  BINDING_PROOF_ABSENT: 'RFC 9449 sections 7.1 and 7.2',
  BINDING_PROOF_KEY: 'RFC 9449 section 7.1',
  BINDING_NONCE: 'RFC 9449 section 9',
  BINDING_REPLAY: 'RFC 9449 section 11.1',
  POLICY_NO_RULE: 'RFC 6750 section 3.1; docs/policy.md',
  POLICY_DENIED: 'RFC 9110 section 15.5.4; docs/policy.md',
  POLICY_SCOPE: 'RFC 6750 section 3.1',
  POLICY_LOGIN: 'RFC 9470 section 3',
};

const METHODS: Readonly<Record<Caller['binding'], string>> = {
  'x5t#S256': 'RFC 8705 section 3.1',
  lineage: 'docs/threat-model.md (lineage)',
  jkt: 'RFC 9449 section 6.1',
  jwk: 'RFC 7800 section 3.2',
  identity: 'RFC 8693 section 4.1; docs/policy.md',
  none: 'RFC 6750 section 2.1',
};

/** The clause behind a refusal, undefined where no standard has one. */
export function clauseOfRefusal(code: Code): string | undefined {
  return REFUSALS[code] ?? FAMILIES.find(([family]) => code.startsWith(family))?.[1];
}

const FAMILIES = [
  ['REQUEST_', 'RFC 9112'],
  ['POLICY_', 'docs/policy.md'],
] as const;

/** The clause by which the binding holds. */
export function clauseOfBinding(binding: Caller['binding']): string {
  return METHODS[binding];
}
