/**
 * The compact serialization of a JWS (RFC 7515 section 7.1), by its grammar and before any library sees it: three parts
 * of canonical base64url, the header a strict JSON object. Judges neither key nor claim. Five parts are a JWE, braces a
 * JSON serialization: both are refused.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { decodeBase64url } from './base64url.ts';
import { type JsonObject, parseStrictObject } from './json.ts';

export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What was signed: the first two parts with the dot between them. */
  readonly signed: Buffer;
}

/** Bytes; a longer token is refused before it is looked at. */
export const TOKEN_MOST = 8192;

/** Gives the parts. The payload may be empty, which is a JWS but no token.
 *  Refuses: TOKEN_TOO_LONG | TOKEN_GRAMMAR | TOKEN_JSON (of the header). */
export function parseCompactJws(text: string): Outcome<CompactJws> {
  if (text.length > TOKEN_MOST) return refuse('TOKEN_TOO_LONG', `${text.length} bytes, at most ${TOKEN_MOST}`);
  const parts = text.split('.', 6);
  if (parts.length !== 3) return refuse('TOKEN_GRAMMAR', `${parts.length} parts, a compact JWS has 3`);
  const [header, payload, signature] = parts.map(decodeBase64url);
  if (header === undefined || payload === undefined || signature === undefined) {
    return refuse('TOKEN_GRAMMAR', 'a part is not canonical base64url');
  }
  if (header.length === 0 || signature.length === 0) return refuse('TOKEN_GRAMMAR', 'a part is empty');
  const members = parseJsonObject(header, 'header');
  if (!members.ok) return members;
  const signed = Buffer.from(text.slice(0, text.lastIndexOf('.')), 'latin1');
  return admit({ header: members.value, payload, signature, signed });
}

/** Gives the strict JSON object; `what` names it in the refusal. Refuses: TOKEN_JSON. */
export function parseJsonObject(bytes: Buffer, what: string): Outcome<JsonObject> {
  const object = parseStrictObject(bytes);
  return object.ok ? object : refuse('TOKEN_JSON', `${what}: ${object.refusal.detail}`);
}
