/** The guards of requests and answers on the wire, each with the change that switches it off and nothing else. */
import type { Guard } from './guard.ts';

const CHUNKED = 'sidecar/http/chunked.ts';
const FIELDS = 'sidecar/http/fields.ts';
const FRAMING = 'sidecar/http/framing.ts';
const HEADERS = 'sidecar/forward/identity-headers.ts';
const REQUEST = 'sidecar/http/parse-request.ts';
const RELAY = 'sidecar/forward/relay.ts';
const SCAN = 'sidecar/http/head-scan.ts';
const TARGET = 'sidecar/http/parse-target.ts';
const UPGRADE = 'sidecar/http/upgrade.ts';

export const REQUEST_GUARDS: readonly Guard[] = [
  {
    name: 'A-201 a length and chunks',
    file: FRAMING,
    find: "if (length !== undefined) return 'both Content-Length and Transfer-Encoding';",
    replace: '',
  },
  {
    name: 'A-219 exactly chunked',
    file: FRAMING,
    find: "encoding.toLowerCase() === 'chunked'",
    replace: "encoding.toLowerCase().includes('chunked')",
  },
  { name: 'A-211 a length with a zero before it', file: FRAMING, find: "text.startsWith('0')", replace: "text === ''" },
  {
    name: 'A-214 a length of more than 15 digits',
    file: FRAMING,
    find: 'text.length > MOST_DIGITS',
    replace: 'text.length > 99',
  },
  {
    name: 'A-215 a body on GET',
    file: REQUEST,
    find: 'SAFE_METHODS.has(method) && !rules.bodyOnSafeMethods',
    replace: "method === '' && !rules.bodyOnSafeMethods",
  },
  {
    name: 'A-251 a Host',
    file: REQUEST,
    find: "if (host === undefined) return refuse('REQUEST_HOST', 'no Host');",
    replace: "if (host === undefined) return admit('');",
  },
  {
    name: 'A-254 a target unlike Host',
    file: REQUEST,
    find: 'authority.toLowerCase() !== host.toLowerCase()',
    replace: "authority === ''",
  },
  { name: 'A-241 methods', file: REQUEST, find: 'if (!METHODS.has(method))', replace: "if (method === '')" },
  {
    name: 'A-243 HTTP/1.1 alone',
    file: REQUEST,
    find: "if (version !== 'HTTP/1.1') {",
    replace: "if (!version.startsWith('HTTP/1.')) {",
  },
  { name: 'A-204 two of one name', file: FIELDS, find: 'if (single.has(lower))', replace: "if (single.has(''))" },
  {
    name: 'A-257 Connection names what it must not',
    file: FIELDS,
    find: 'if (!isFree || isTwin(option))',
    replace: 'if (isTwin(option))',
  },
  {
    name: 'A-220 digits of a chunk size',
    file: CHUNKED,
    find: 'if (this.#digits > MOST_DIGITS)',
    replace: 'if (this.#digits > 99)',
  },
  {
    name: 'A-221 the line end of a chunk size',
    file: CHUNKED,
    find: "if (byte !== LF) return this.#break('a chunk size that does not end in CRLF', at);",
    replace: '',
  },
  {
    name: 'A-233 a space before the colon',
    file: SCAN,
    find: 'if (byte !== COLON) return',
    replace: 'if (byte !== COLON && byte !== SPACE) return',
  },
  {
    name: 'A-231 a folded line',
    file: SCAN,
    find: "if (((CLASSES[byte] ?? 0) & TCHAR) === 0) return this.#bad(from, 'a line that begins with no name', byte);",
    replace: '',
  },
  {
    name: 'A-239 the number of fields',
    file: SCAN,
    find: 'this.#limits.fields * 4',
    replace: 'this.#limits.fields * 4_000',
  },
  { name: 'A-249 %00', file: TARGET, find: "if (digits === '00') return '%00';", replace: '' },
  {
    name: 'A-249 dot segments',
    file: TARGET,
    find: "return path.includes('/.') && hasDotSegment(path)",
    replace: "return path.includes('//.') && hasDotSegment(path)",
  },
  {
    name: 'the token stays here',
    file: HEADERS,
    find: "field.lower !== 'authorization' && passesWithToken(field)",
    replace: 'passesWithToken(field)',
  },
  {
    name: 'A-261 identity fields of others',
    file: HEADERS,
    find: "return protection !== 'identity' && !isForwarded;",
    replace: "return protection !== 'hop' && !isForwarded;",
  },
  {
    name: 'A-263 Forwarded of others',
    file: HEADERS,
    find: "return protection !== 'identity' && !isForwarded;",
    replace: "return protection !== 'identity' || isForwarded;",
  },
  {
    name: 'A-276 a 101 that nobody asked for',
    file: UPGRADE,
    find: "if (asked === undefined) return 'status 101 that nobody asked for';",
    replace: 'if (asked === undefined) return undefined;',
  },
  {
    name: 'A-279 the key of a WebSocket',
    file: UPGRADE,
    find: "only('sec-websocket-accept') !== asked.accept",
    replace: "only('sec-websocket-accept') === ''",
  },
  {
    name: 'A-279 h2c',
    file: UPGRADE,
    find: "if (protocol === 'h2c' || protocol.startsWith('http/'))",
    replace: "if (protocol === '')",
  },
  {
    name: 'A-271 a connection in doubt is not used again',
    file: RELAY,
    find: 'const isClean = !hasSurplus && this.#wasWhole &&',
    replace: 'const isClean =',
  },
  {
    name: 'A-277 interim answers',
    file: RELAY,
    find: 'if (this.#interim > this.#limits.interimResponses)',
    replace: 'if (this.#interim > 1e9)',
  },
  {
    name: 'A-290 the end of a token',
    file: 'sidecar/forward/due.ts',
    find: 'now < expiry.at',
    replace: 'now >= 0',
  },
  {
    name: 'the largest body',
    file: RELAY,
    find: 'if (this.bytesIn > (this.#limits.bodyBytes ?? Number.POSITIVE_INFINITY))',
    replace: 'if (this.bytesIn < 0)',
  },
];
