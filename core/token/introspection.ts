/**
 * The answer of an introspection endpoint (RFC 7662 section 2.2) as claims, so that they are judged exactly as those of a
 * JWT. An answer is no signature: it is believed because of the server that was asked over TLS.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { type JsonObject, parseStrictObject } from './json.ts';

/** Stands for `typ`, which a token that is looked at by its issuer has not. */
export const INTROSPECTED = 'introspection';

/** RFC 6749 section 5.1. Many servers call a refresh token active too, and give it none of these. */
const ACCESS_TOKEN_TYPES = ['bearer', 'dpop'];

/** Gives the claims of an active access token; `iss` where the answer has none is that of the issuer who was asked.
 *  Refuses: TOKEN_INACTIVE | TOKEN_TYPE (not an access token) | TOKEN_INTROSPECTION_UNAVAILABLE for what is no answer. */
export function readIntrospection(bytes: Buffer, iss: string): Outcome<JsonObject> {
  const answer = parseStrictObject(bytes);
  if (!answer.ok) return refuse('TOKEN_INTROSPECTION_UNAVAILABLE', `answer: ${answer.refusal.detail}`);
  const { active, token_type: type } = answer.value;
  if (active === false) return refuse('TOKEN_INACTIVE', 'active is false');
  if (active !== true)
    return refuse('TOKEN_INTROSPECTION_UNAVAILABLE', 'active of the answer is neither true nor false');
  if (typeof type !== 'string' || !ACCESS_TOKEN_TYPES.includes(type.toLowerCase())) {
    return refuse('TOKEN_TYPE', 'token_type of the answer is neither Bearer nor DPoP');
  }
  return admit('iss' in answer.value ? answer.value : withMember(answer.value, 'iss', iss));
}

/** Without a prototype, as all claims. */
function withMember(object: JsonObject, name: string, value: string): JsonObject {
  return Object.assign(Object.create(null) as JsonObject, object, { [name]: value });
}
