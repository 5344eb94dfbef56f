/**
 * Reads the body of a request to the token service: `application/x-www-form-urlencoded`, UTF-8, each parameter once. Nothing is
 * guessed: a body that two readers could read in two ways is refused, with what to do. Pure.
 * Spec: RFC 6749 section 3.1 and appendix B.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { API_KEY_PREFIX } from '../../core/identity/api-key-text.ts';

/** Names to values, decoded; a parameter without a value is not there. */
export type Form = ReadonlyMap<string, string>;

/** Bytes of a body. */
export const FORM_MOST = 64 * 1024;
const PARAMETERS_MOST = 32;

/** Gives the parameters. `contentType` is the field as it came. Refuses: GRANT_TOKEN_REQUEST (the detail is for the
 *  client) | GRANT_TARGET (several). */
export function parseForm(contentType: string | undefined, body: Buffer): Outcome<Form> {
  const [type, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (type === 'application/json')
    return bad('the body is JSON: send the parameters as application/x-www-form-urlencoded');
  if (type !== 'application/x-www-form-urlencoded')
    return bad('Content-Type must be application/x-www-form-urlencoded');
  if (!parameters.every((parameter) => UTF_8.test(parameter)))
    return bad('Content-Type takes no parameter but charset=utf-8');
  const text = body.toString('latin1');
  if (!PRINTABLE.test(text)) return bad('the body holds bytes that must be percent-encoded');
  const pairs = text === '' ? [] : text.split('&');
  if (pairs.length > PARAMETERS_MOST) return bad(`more than ${PARAMETERS_MOST} parameters`);
  const form = new Map<string, string>();
  const names = new Set<string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = decode(at === -1 ? pair : pair.slice(0, at));
    const value = decode(at === -1 ? '' : pair.slice(at + 1));
    if (name === undefined || value === undefined) return bad('a parameter is not percent-encoded UTF-8');
    if (names.has(name) && TARGETS.includes(name)) return refuse('GRANT_TARGET', 'several targets: a token is for one');
    if (names.has(name)) return bad('a parameter is there twice');
    names.add(name);
    if (MISPLACED.includes(name) || (value.startsWith(API_KEY_PREFIX) && !ASKED_ABOUT.includes(name)))
      return bad('an API key or a token of the client goes in a header: Authorization: Bearer, or X-API-Key');
    // RFC 6749 section 3.1: a parameter without a value counts as omitted.
    if (value !== '') form.set(name, value);
  }
  return admit(form);
}

/** RFC 8693 section 2.1 and RFC 8707 section 2 let them come more than once. */
const TARGETS = ['audience', 'resource'];
const UTF_8 = /^charset=(?:utf-8|"utf-8")$/;
/** Where others take a credential from a body: whoever sends one there must hear that it is not looked at. */
const MISPLACED = ['api_key', 'apikey', 'x-api-key', 'access_token'];
/** Where a token is what is asked about (RFC 8693, RFC 7009, RFC 7662), so a key there has an answer of its own. */
const ASKED_ABOUT = ['subject_token', 'token'];
const PRINTABLE = /^[\x21-\x7e]*$/;

/** As a form is decoded: `+` is a space. Undefined for an escape that is none, and for what is not UTF-8. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return undefined;
  }
}

const bad = (detail: string): Outcome<never> => refuse('GRANT_TOKEN_REQUEST', detail);
