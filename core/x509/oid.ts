/** Object identifiers that Cleat knows, as dotted text under the standard's names. The lineage OID is bytes: see `lineage.ts`. */

/** Certificate extensions (RFC 5280 section 4.2.1). */
export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
} as const;

/** Purposes of extendedKeyUsage (RFC 5280 section 4.2.1.12). */
export const PURPOSE = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** Stands for every purpose in an intermediate; no leaf may have it. */
export const ANY_PURPOSE = '2.5.29.37.0';

/** Key algorithms and curves (RFC 5480 section 2, RFC 8410 section 3, RFC 8017 appendix A.1). */
export const KEY = {
  ecPublicKey: '1.2.840.10045.2.1',
  p256: '1.2.840.10045.3.1.7',
  p384: '1.3.132.0.34',
  ed25519: '1.3.101.112',
  rsaEncryption: '1.2.840.113549.1.1.1',
} as const;

/** Signature algorithms (RFC 5758 section 3.2, RFC 8017 appendix A.2, RFC 8410 section 3). */
export const SIGNATURE = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  sha384WithRsa: '1.2.840.113549.1.1.12',
  sha512WithRsa: '1.2.840.113549.1.1.13',
  rsaPss: '1.2.840.113549.1.1.10',
  ed25519: '1.3.101.112',
} as const;

/** Attribute of names (RFC 5280 appendix A.1) and of PKCS#10 (RFC 2985 section 5.4.2). */
export const ATTRIBUTE = {
  commonName: '2.5.4.3',
  emailAddress: '1.2.840.113549.1.9.1',
  extensionRequest: '1.2.840.113549.1.9.14',
} as const;
