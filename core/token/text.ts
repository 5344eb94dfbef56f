/** A claim that is a name: text that can be compared, logged and matched without surprises. */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import type { JsonObject } from './json.ts';

/** Bytes; the length of a SPIFFE ID at most (SPIFFE-ID section 2.3). */
const TEXT_MOST = 2048;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Gives the text, undefined where the claim is absent.
 *  Refuses: TOKEN_CLAIMS for what is no string, empty, longer than 2048 bytes, or has control characters. */
export function readText(claims: JsonObject, name: string): Outcome<string | undefined> {
  const value = claims[name];
  if (value === undefined) return admit(undefined);
  if (typeof value !== 'string' || value === '') return refuse('TOKEN_CLAIMS', `${name} is not a text`);
  if (Buffer.byteLength(value) > TEXT_MOST) return refuse('TOKEN_CLAIMS', `${name} is longer than ${TEXT_MOST} bytes`);
  return CONTROL.test(value) ? refuse('TOKEN_CLAIMS', `${name} has control characters`) : admit(value);
}
