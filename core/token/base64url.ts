/** base64url without padding (RFC 4648 section 5, RFC 7515 section 2), in its one canonical spelling. Never lenient. */

const ALPHABET = /^[A-Za-z0-9_-]*$/;

/** Gives the bytes; undefined for any spelling but the canonical one: padding, white space, `+` or `/`, an impossible
 *  length, spare bits that are not zero (they would give one token 16 spellings). */
export function decodeBase64url(text: string): Buffer | undefined {
  if (text.length % 4 === 1 || !ALPHABET.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
