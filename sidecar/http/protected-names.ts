/**
 * The field names that other parties trust, in one table: names that frame a message, end at the next hop, or say who
 * the caller is. The parser refuses their twins and doubles; the strip function of `forward/` removes the identity ones.
 * A twin equals a protected name once `-`, `_` and `.` are taken away: many apps read both as one.
 */

export type Protection = 'framing' | 'hop' | 'credential' | 'identity';

/** RFC 9110 section 7.6.1 and the names that frame; `proxy` would become HTTP_PROXY in a CGI app (httpoxy, A-259). */
const ENDS_HERE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'proxy',
]);

/** What is known of a field name. */
export interface NameFacts {
  /** As received. */
  readonly name: string;
  readonly lower: string;
  /** Undefined for an ordinary one. */
  readonly protection: Protection | undefined;
  /** It may be read as a protected one that it is not. */
  readonly isTwin: boolean;
  /** It says where a request came from: `Forwarded`, `X-Forwarded-...`, `X-Real-IP`, and what apps read as one of them. */
  readonly isForwarded: boolean;
  /** It means something on one hop only, or is written anew for each: it never goes on as it came. */
  readonly endsHere: boolean;
}

/** Whole names, in lower case. */
export const PROTECTED_NAMES: ReadonlyMap<string, Protection> = new Map<string, Protection>([
  ['host', 'framing'],
  ['content-length', 'framing'],
  ['transfer-encoding', 'framing'],
  ['connection', 'hop'],
  ['expect', 'hop'],
  ['upgrade', 'hop'],
  ['te', 'hop'],
  ['trailer', 'hop'],
  ['authorization', 'credential'],
  // A proof that goes with it (RFC 9449): two lines would be two proofs.
  ['dpop', 'credential'],
  ['client-cert', 'identity'],
  ['client-cert-chain', 'identity'],
  ['x-forwarded-client-cert', 'identity'],
  ['x-forwarded-tls-client-cert', 'identity'],
  ['x-forwarded-tls-client-cert-info', 'identity'],
  ['x-arr-clientcert', 'identity'],
  ['x-client-cert', 'identity'],
  ['x-ssl-cert', 'identity'],
  ['x-client-dn', 'identity'],
  ['remote-user', 'identity'],
  ['x-remote-user', 'identity'],
  ['l5d-client-id', 'identity'],
  ['l5d-remote-ip', 'identity'],
  ['cleat-caller', 'identity'],
  ['cleat-binding', 'identity'],
  ['cleat-request-id', 'identity'],
  ['cleat-claims', 'identity'],
  // With one of these some apps serve another path or method than the one that policy judged.
  ['x-original-url', 'identity'],
  ['x-rewrite-url', 'identity'],
  ['x-http-method', 'identity'],
  ['x-http-method-override', 'identity'],
  ['x-method-override', 'identity'],
]);

/** Beginnings of names, in lower case: whatever starts so says who a caller is. */
export const IDENTITY_PREFIXES: readonly string[] = Object.freeze([
  'cleat-',
  'ssl-client-',
  'x-ssl-client-',
  'x-amzn-mtls-clientcert',
  'x-auth-request-',
  'x-ms-client-principal',
]);

const SQUASHED_NAMES: ReadonlySet<string> = new Set([...PROTECTED_NAMES.keys()].map(squash));
const SQUASHED_PREFIXES: readonly string[] = IDENTITY_PREFIXES.map(squash);

/** What the name is protected as; undefined for an ordinary one. `lower` is in lower case. */
export function protectionOf(lower: string): Protection | undefined {
  return PROTECTED_NAMES.get(lower) ?? (hasIdentityPrefix(lower) ? 'identity' : undefined);
}

/** Whether the name says who the caller is: such a field never goes on to the app as it came. */
export function isIdentityName(lower: string): boolean {
  return protectionOf(lower) === 'identity';
}

/** Whether the name is not protected itself, but may be read as one that is. */
export function isTwin(lower: string): boolean {
  if (protectionOf(lower) !== undefined) return false;
  const squashed = squash(lower);
  if (SQUASHED_NAMES.has(squashed)) return true;
  return SQUASHED_PREFIXES.some((prefix) => squashed.startsWith(prefix));
}

function hasIdentityPrefix(lower: string): boolean {
  // A loop, not `some`: this runs for each field of each request, and allocates nothing.
  for (const prefix of IDENTITY_PREFIXES) if (lower.startsWith(prefix)) return true;
  return false;
}

function squash(lower: string): string {
  return lower.replaceAll('-', '').replaceAll('_', '').replaceAll('.', '');
}

/** All that is known of a name. */
export function factsOf(name: string): NameFacts {
  const lower = name.toLowerCase();
  const protection = protectionOf(lower);
  return Object.freeze({
    name,
    lower,
    protection,
    isTwin: isTwin(lower),
    isForwarded: isForwardedName(lower),
    endsHere: ENDS_HERE.has(lower),
  });
}

/** `X_Forwarded_For` counts: CGI and WSGI apps read it as the other. */
function isForwardedName(lower: string): boolean {
  if (!lower.startsWith('x') && !lower.startsWith('f')) return false;
  const squashed = squash(lower);
  return squashed.startsWith('xforwarded') || squashed === 'forwarded' || squashed === 'xrealip';
}

/** Looks names up; the same few come with every request. */
export interface NameTable {
  /** The name in `text` from `start` to `end`, the `place`-th of its head. */
  at(place: number, text: string, start: number, end: number): NameFacts;
}

const NAMES_MOST = 512;
const NAME_LENGTH_MOST = 64;
const PLACES_MOST = 64;

/** A table that keeps the first names that it is asked for; what does not fit is found out anew each time, so that whoever
 *  makes up names makes up no memory. */
export function createNameTable(): NameTable {
  const known = new Map<string, NameFacts>();
  /** Of the last head: the next one often has the same names in the same places, and then nothing is cut out or hashed. */
  const last: NameFacts[] = [];

  function find(name: string): NameFacts {
    const found = known.get(name);
    if (found !== undefined) return found;
    if (known.size >= NAMES_MOST || name.length > NAME_LENGTH_MOST) return factsOf(name);
    // A copy: a slice would keep the whole head in memory.
    const facts = factsOf(Buffer.from(name, 'latin1').toString('latin1'));
    known.set(facts.name, facts);
    return facts;
  }

  return {
    at(place, text, start, end) {
      const before = last[place];
      if (before?.name.length === end - start && text.startsWith(before.name, start)) return before;
      const facts = find(text.slice(start, end));
      if (known.has(facts.name) && place < PLACES_MOST) last[place] = facts;
      return facts;
    },
  };
}
