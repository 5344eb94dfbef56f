/**
 * The compact serialization of a JWS (RFC 7515 section 7.1), by its grammar and before any library sees it: exactly three
 * parts of canonical base64url, header and claims as strict JSON objects. Judges neither key nor claim.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { decodeBase64url } from './base64url.ts';
import { isJsonObject, type JsonObject, parseStrictJson } from './json.ts';

export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/** Bytes; a longer token is refused before it is looked at. */
export const LONGEST_TOKEN = 8192;

/** The parts. Refuses: TOKEN_TOO_LONG | TOKEN_GRAMMAR | TOKEN_JSON. The signature is not looked at. */
export function parseCompactJws(text: string): Outcome<CompactJws> {
  if (text.length > LONGEST_TOKEN) return refuse('TOKEN_TOO_LONG', `${text.length} bytes, at most ${LONGEST_TOKEN}`);
  const parts = text.split('.');
  if (parts.length !== 3) return refuse('TOKEN_GRAMMAR', `${parts.length} parts, a JWS has 3`);
  const [header, payload, signature] = parts.map(decodeBase64url);
  if (header === undefined || payload === undefined || signature === undefined)
    return refuse('TOKEN_GRAMMAR', 'a part is not canonical base64url');
  const members = parseJsonObject(header, 'header');
  return members.ok ? admit({ header: members.value, payload, signature }) : members;
}

/** A strict JSON object, or TOKEN_JSON; `what` names it in the refusal. */
export function parseJsonObject(bytes: Buffer, what: string): Outcome<JsonObject> {
  const value = parseStrictJson(bytes);
  if (!value.ok) return refuse('TOKEN_JSON', `${what}: ${value.refusal.detail}`);
  return isJsonObject(value.value) ? admit(value.value) : refuse('TOKEN_JSON', `${what}: not an object`);
}
