/** The byte classes of RFC 9110 and RFC 3986, as one table: a byte is looked up, never compared in a chain. */

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

/** tchar of RFC 9110 section 5.6.2. */
export const TCHAR = 1;
/** Visible ASCII, space and tab: no control byte, no byte above 0x7E. */
export const VALUE = 2;
/** What a request target may hold: unreserved, sub-delims, `: @ / ? %`. */
export const TARGET = 4;
export const DIGIT = 8;
export const HEX = 16;

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** One set of the flags above for each of the 256 bytes. */
export const CLASSES: Uint8Array = makeClasses();

function makeClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const mark = (characters: string, flag: number): void => {
    for (const character of characters) {
      const at = character.charCodeAt(0);
      classes[at] = (classes[at] ?? 0) | flag;
    }
  };
  mark("!#$%&'*+-.^_`|~" + ALPHANUMERIC, TCHAR);
  mark("-._~!$&'()*+,;=:@/?%" + ALPHANUMERIC, TARGET);
  mark('0123456789', DIGIT);
  mark('0123456789abcdefABCDEF', HEX);
  mark('\t', VALUE);
  for (let byte = SPACE; byte <= 0x7e; byte += 1) mark(String.fromCharCode(byte), VALUE);
  return classes;
}

/** Whether every character of the text has this flag. */
export function isAll(text: string, flag: number): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0xff || ((CLASSES[code] ?? 0) & flag) === 0) return false;
  }
  return true;
}
