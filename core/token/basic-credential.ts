/** How a client shows its secret by HTTP Basic (RFC 6749 section 2.3.1). Pure. */

/** The value of `Authorization`. Secret. Id and secret are form-encoded before they are joined: a colon in the id, or any
 *  character beyond ASCII, would else be read as something different. */
export function formatBasicCredential(id: string, secret: string): string {
  const pair = [id, secret].map((part) => new URLSearchParams([['', part]]).toString().slice(1)).join(':');
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
