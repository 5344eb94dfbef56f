/**
 * The target URI of a request as a DPoP proof names it (`htu`), in one spelling: without query and fragment, after the
 * normalisation of RFC 3986 sections 6.2.2 and 6.2.3. Not by `URL`, which also mends what no URI may hold.
 * It comes from configured public origins, never from `Host` or `X-Forwarded-*`: those are the client's word.
 */

/** Characters; longer ones are refused before they are looked at. */
const URI_MOST = 4096;
const CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const PARTS = /^(https?):\/\/([^/?#]*)([^?#]*)/i;
/** A name or address, and perhaps a port: no user information. */
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[^@:[\]]+)(?::([0-9]*))?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** Gives the one spelling; undefined for what is no absolute http or https URI. */
export function normaliseTarget(uri: string): string | undefined {
  if (uri.length > URI_MOST || !CHARACTERS.test(uri)) return undefined;
  const [, scheme = '', authority = '', path = ''] = PARTS.exec(uri) ?? [];
  const [, host, port = ''] = AUTHORITY.exec(authority) ?? [];
  if (host === undefined) return undefined;
  const lower = scheme.toLowerCase();
  const name = normaliseEscapes(host).toLowerCase();
  const suffix = port === '' || port === DEFAULT_PORTS[lower] ? '' : `:${port}`;
  return `${lower}://${name}${suffix}${removeDotSegments(normaliseEscapes(path))}`;
}

/** The spellings under which a request for `path` reaches a port: one for each public origin, itself normalised and without
 *  a slash at its end. An origin with a path of its own is that of a gateway which takes it away. `*` names the server. */
export function targetsOf(origins: readonly string[], path: string): readonly string[] {
  return origins.flatMap((origin) => normaliseTarget(path === '*' ? origin : origin + path) ?? []);
}

const UNRESERVED = /^[A-Za-z0-9\-._~]$/;

/** RFC 3986 section 6.2.2.1 and 6.2.2.2: digits in capitals, and no escape of what needs none. */
function normaliseEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replaceAll(/%[0-9A-Fa-f]{2}/g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
}

/** RFC 3986 section 5.2.4, for a path that is empty or begins with a slash. */
function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path === '' ? '/' : path;
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const last = segments.at(-1);
  return `/${kept.join('/')}${(last === '.' || last === '..') && kept.length > 0 ? '/' : ''}`;
}
