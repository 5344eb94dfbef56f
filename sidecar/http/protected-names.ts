/**
 * The field names that other parties trust, in one table: names that frame a message, end at the next hop, or say who
 * the caller is. The parser refuses their twins and doubles; the strip function of `forward/` removes the identity ones.
 * A twin equals a protected name once `-`, `_` and `.` are taken away: many apps read both as one.
 */

export type Protection = 'framing' | 'hop' | 'credential' | 'identity';

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
