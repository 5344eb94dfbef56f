/**
 * Makes text from outside harmless in a log line: no control character, no ANSI sequence, no change of direction, and
 * nothing that has the form of a credential. Pure; the last fence, not the first: callers hand over no secrets.
 */

/** JSON on one line in printable form: what `JSON.stringify` leaves raw but a terminal obeys is escaped as well. */
export function toSafeJson(value: unknown): string {
  return escapeInvisible(JSON.stringify(value) ?? 'null');
}

/** One line of text for a terminal: what cannot be seen is shown as `\uXXXX`. */
export function escapeText(text: string): string {
  return escapeInvisible(text.toWellFormed());
}

/** The text without what looks like a credential: JWS, join token, API key, client secret, PEM key, `Authorization` value. */
export function withoutCredentials(text: string): string {
  return CREDENTIALS.reduce((rest, form) => rest.replaceAll(form, '<hidden>'), text);
}

/** Whether the text has the form of a credential anywhere. */
export function looksLikeCredential(text: string): boolean {
  return withoutCredentials(text) !== text;
}

const CREDENTIALS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^]*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
  // A compact JWS or JWE: its first part is a JSON object, so it begins with `{"` or `{ ` in base64url.
  // The look-behinds make one attempt a run of characters: `\b` would try at each `-`, in quadratic time.
  /(?<![A-Za-z0-9_-])ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)*/g,
  // Also one that was cut off: what is left is still not for a log.
  /(?<![A-Za-z0-9_-])cleat-join\.[0-9a-f]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  // An API key or a client secret.
  /(?<![A-Za-z0-9_-])cl[ts]_[A-Za-z0-9_-]{16,}/g,
  /\b(?:Bearer|DPoP|Basic) +[A-Za-z0-9._~+/=-]{8,}/gi,
];

/** C0, DEL, C1, zero-width and bidirectional controls, line and paragraph separators, the byte order mark. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function escapeInvisible(text: string): string {
  return text.replaceAll(INVISIBLE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
