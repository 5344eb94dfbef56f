/** The bits of keyUsage by their names, and both directions of their DER (RFC 5280 section 4.2.1.3). */

/** In the order of their bits, digitalSignature = bit 0. */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];
