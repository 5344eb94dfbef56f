/**
 * The one `Host`: a name or address, and a port. No user, no list, no path: whoever routes by it must read one name.
 * Spec: RFC 9110 section 7.2, RFC 3986 section 3.2.2, without percent-encoding.
 */
import { CLASSES, DIGIT, HEX } from './bytes.ts';

const MOST_LENGTH = 255;
const MOST_PORT = 65_535;

/** Whether the text is `name`, `1.2.3.4` or `[v6]`, each with or without `:port`. */
export function isHost(text: string): boolean {
  if (text.length === 0 || text.length > MOST_LENGTH) return false;
  const end = text.startsWith('[') ? text.indexOf(']') + 1 : nameEnd(text);
  if (end === 0) return false;
  const name = text.slice(0, end);
  return (text.startsWith('[') ? isAddress(name) : true) && isPort(text.slice(end));
}

/** Letters, digits, `-`, `.` and the `_` of service names. */
function nameEnd(text: string): number {
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
    if (!isLetter && !isDigit(code) && !'-._'.includes(text.charAt(at))) break;
    at += 1;
  }
  return at;
}

function isAddress(text: string): boolean {
  const inner = text.slice(1, -1);
  if (!inner.includes(':')) return false;
  for (let at = 0; at < inner.length; at += 1) {
    const code = inner.charCodeAt(at);
    if (((CLASSES[code] ?? 0) & HEX) === 0 && !':.'.includes(inner.charAt(at))) return false;
  }
  return true;
}

function isPort(text: string): boolean {
  if (text === '') return true;
  if (!text.startsWith(':') || text.length < 2 || text.length > 6) return false;
  for (let at = 1; at < text.length; at += 1) if (!isDigit(text.charCodeAt(at))) return false;
  const port = Number(text.slice(1));
  return port > 0 && port <= MOST_PORT;
}

function isDigit(code: number): boolean {
  return ((CLASSES[code] ?? 0) & DIGIT) !== 0;
}
