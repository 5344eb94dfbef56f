/** A list of certificates as one text of the journal: a JSON list of base64. Pure. */

/** The certificates in a column; a column without a value is an empty list. */
export function readChain(text: unknown): readonly Uint8Array[] {
  if (typeof text !== 'string') return [];
  return (JSON.parse(text) as readonly string[]).map((der) => new Uint8Array(Buffer.from(der, 'base64')));
}

/** The text for `readChain`. */
export function writeChain(chain: readonly Uint8Array[]): string {
  return JSON.stringify(chain.map((der) => Buffer.from(der).toString('base64')));
}
