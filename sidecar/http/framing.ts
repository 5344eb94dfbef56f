/**
 * Which framing the two fields declare together, by the strictest reading (RFC 9112 section 6): one length in plain
 * digits, or exactly `chunked`, and never both. Requests and responses obey the same rule.
 */
import { CLASSES, DIGIT } from './bytes.ts';
import type { Framing } from './request.ts';

/** 10^15 - 1 bytes: exact in a double, and more than anyone sends. */
const MOST_DIGITS = 15;

/** Gives the framing, or as text the rule that is broken. `undefined`: the field is not there. */
export function declaredFraming(length: string | undefined, encoding: string | undefined): Framing | string {
  if (encoding !== undefined) {
    if (length !== undefined) return 'both Content-Length and Transfer-Encoding';
    // Exactly this word in any case: a list, a parameter or a second coding is read in two ways by two servers.
    return encoding.toLowerCase() === 'chunked' ? { kind: 'chunked' } : 'Transfer-Encoding is not exactly chunked';
  }
  if (length === undefined) return { kind: 'none' };
  return isPlainNumber(length)
    ? { kind: 'length', length: Number(length) }
    : 'Content-Length is not 0|[1-9][0-9]{0,14}';
}

function isPlainNumber(text: string): boolean {
  if (text.length === 0 || text.length > MOST_DIGITS) return false;
  if (text.length > 1 && text.startsWith('0')) return false;
  for (let at = 0; at < text.length; at += 1) if (((CLASSES[text.charCodeAt(at)] ?? 0) & DIGIT) === 0) return false;
  return true;
}
