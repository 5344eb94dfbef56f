/**
 * Every code that Cleat can answer, log or exit with. One row is all that the outside hears: the public text never
 * comes from a throw site. `docs/faults.md` is generated from this table.
 * `http` follows RFC 9110, RFC 6750 section 3.1; `grpc` the canonical status names; `retry` tells a client whether the
 * same attempt can succeed later.
 */
export interface Row {
  readonly http: number;
  readonly grpc: GrpcStatus;
  readonly retry: 'no' | 'later' | 'new-token' | 'new-connection';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** What the outside is told. */
  readonly text: string;
  /** What it means and what to do: the operator's page. */
  readonly meaning: string;
}

export type GrpcStatus =
  | 'INVALID_ARGUMENT'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'FAILED_PRECONDITION'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL';

const ask = (http: number, text: string, meaning: string): Row => ({
  http,
  grpc: 'INVALID_ARGUMENT',
  retry: 'no',
  level: 'info',
  text,
  meaning,
});
const token = (meaning: string, level: Row['level'] = 'info'): Row => ({
  http: 401,
  grpc: 'UNAUTHENTICATED',
  retry: 'new-token',
  level,
  text: 'invalid token',
  meaning,
});
const peer = (meaning: string): Row => ({
  http: 401,
  grpc: 'UNAUTHENTICATED',
  retry: 'new-connection',
  level: 'warn',
  text: 'invalid peer certificate',
  meaning,
});
const denied = (meaning: string): Row => ({
  http: 403,
  grpc: 'PERMISSION_DENIED',
  retry: 'no',
  level: 'info',
  text: 'not allowed',
  meaning,
});
const csr = (meaning: string): Row => ask(400, 'certificate request refused', meaning);
const unproven = (meaning: string): Row => ({
  http: 401,
  grpc: 'UNAUTHENTICATED',
  retry: 'no',
  level: 'warn',
  text: 'evidence refused',
  meaning,
});
const broken = (meaning: string): Row => ({
  http: 500,
  grpc: 'INTERNAL',
  retry: 'later',
  level: 'error',
  text: 'internal error',
  meaning,
});
const away = (http: number, text: string, meaning: string): Row => ({
  http,
  grpc: 'UNAVAILABLE',
  retry: 'later',
  level: 'warn',
  text,
  meaning,
});
const config = (meaning: string): Row => ({
  http: 500,
  grpc: 'FAILED_PRECONDITION',
  retry: 'no',
  level: 'error',
  text: 'configuration refused',
  meaning,
});

export const CATALOG = {
  PEER_NO_CERTIFICATE: peer('The client showed no certificate. Mutual TLS is required on this port.'),
  PEER_UNTRUSTED: peer('The certificate does not chain to a root of the trust bundle.'),
  PEER_EXPIRED: peer('The certificate is past its notAfter, or not yet valid.'),
  PEER_NOT_SVID: peer('The certificate breaks a rule of X.509-SVID; the detail names the rule.'),
  PEER_TRUST_DOMAIN: peer('The SPIFFE ID belongs to another trust domain than the bundle.'),
  PEER_UNEXPECTED: peer('The server showed another SPIFFE ID than the one that was expected.'),
  PEER_HANDSHAKE: peer('The TLS handshake failed before a certificate was judged.'),
  PEER_PROTOCOL: peer('The connection broke a rule of TLS after its handshake, or its records carried nothing.'),
  PEER_REVOKED: peer('The certificate, an ancestor of it, its lineage or its SPIFFE ID is revoked.'),
  PEER_REVOCATION_UNKNOWN: away(
    503,
    'try again later',
    'Since its start the sidecar has not heard from the CA who is revoked: it deals with nobody until it has.',
  ),

  TOKEN_ABSENT: { ...token('The request carries no credential.'), text: 'authentication required' },
  TOKEN_DUPLICATE: ask(
    400,
    'invalid request',
    'More than one credential: several Authorization or DPoP fields, a list, a DPoP proof beside Bearer, or access_token in the query.',
  ),
  TOKEN_MALFORMED: ask(400, 'invalid request', 'The Authorization value is not one scheme, one space and one token.'),
  TOKEN_SCHEME: { ...token('The Authorization scheme is neither Bearer nor DPoP.'), text: 'authentication required' },
  TOKEN_API_KEY: {
    ...token(
      'The credential is an API key of the CA. A sidecar never takes one: exchange it for a bound token at the token endpoint of the CA (client_credentials), or let the sidecar of the caller do it (egress, token.source: apiKey).',
      'warn',
    ),
    text: 'exchange the api key for a token',
  },
  TOKEN_TOO_LONG: token('The token is longer than 8 KiB.'),
  TOKEN_GRAMMAR: token('Not a compact JWS in canonical base64url (RFC 7515 section 7.1).'),
  TOKEN_JSON: token('Header or claims are not one strict JSON object: UTF-8, no duplicate members, bounded depth.'),
  TOKEN_HEADER: token('A header member is not allowed (crit, b64, zip) or has the wrong type.'),
  TOKEN_TYPE: token('The typ of the header is not accepted from this issuer.'),
  TOKEN_ISSUER: token('The iss is not a configured issuer.'),
  TOKEN_ALGORITHM: token('The alg is not on the list of this issuer, or does not fit the key.'),
  TOKEN_KEY: token('No usable key of the issuer matches the kid.'),
  TOKEN_SIGNATURE: token('The signature does not verify.', 'warn'),
  TOKEN_CLAIMS: token('A claim is missing, has the wrong type, or is not what the issuer entry demands.'),
  TOKEN_AUDIENCE: token('The aud does not name this service, by no name that the issuer entry knows.'),
  TOKEN_EXPIRED: token('The token is past exp plus skew.'),
  TOKEN_EARLY: token('nbf or iat lies ahead of now plus skew.'),
  TOKEN_LIFETIME: token('exp minus iat is longer than the issuer entry allows.'),
  TOKEN_REVOKED: token('The token, its subject or the key that signed it is revoked.', 'warn'),
  TOKEN_INACTIVE: token('The issuer says by introspection that the token is not active.'),
  TOKEN_INTROSPECTION_UNAVAILABLE: away(
    503,
    'try again later',
    'The introspection endpoint of the issuer gives no usable answer, or too many tokens wait for one.',
  ),
  TOKEN_KEYS_UNAVAILABLE: away(
    503,
    'try again later',
    'The keys of the issuer were never fetched, or are older than the stale limit.',
  ),

  BINDING_ABSENT: token('The route demands a bound token and the token has no cnf.'),
  BINDING_MALFORMED: token('The cnf is not an object, or a member of it has the wrong form.'),
  BINDING_UNKNOWN: token('The cnf has a member that cannot be checked here.'),
  BINDING_MISMATCH: token('The token is bound to another certificate than the one of this connection.', 'warn'),
  BINDING_NEWER: {
    ...token('The token was issued for a newer certificate than the one of this connection: connect again.', 'warn'),
    retry: 'new-connection',
    text: 'token newer than connection',
  },
  BINDING_ACTOR: token(
    'The current actor of the token is the SPIFFE ID of another workload, or, on a route of mode identity, not the peer.',
    'warn',
  ),
  BINDING_PROOF: token(
    'The DPoP proof breaks a rule of RFC 9449 section 4.3, or this port has no `origins`; the detail names the rule.',
  ),
  BINDING_PROOF_ABSENT: token('The token has a jkt, and came as Bearer or without a DPoP proof.', 'warn'),
  BINDING_PROOF_KEY: token(
    'The DPoP proof is by another key than the one that the token is bound to, or the token is bound to none.',
    'warn',
  ),
  BINDING_NONCE: token('The DPoP proof has no nonce, or one that is unknown or too old; the answer has a new one.'),
  BINDING_REPLAY: token('The DPoP proof was used before.', 'warn'),

  POLICY_NO_RULE: denied('No rule admits this caller; the detail says which rule came closest.'),
  POLICY_DENIED: denied('A rule with deny: true matched.'),
  POLICY_SCOPE: { ...denied('The matching rule demands a scope that the token lacks.'), text: 'insufficient scope' },
  POLICY_LOGIN: {
    ...token('The matching rule demands another or a younger login of the user than the token tells of.'),
    text: 'insufficient user authentication',
  },
  POLICY_RATE: {
    ...away(429, 'too many requests', 'The caller, its API key or its client came more often than the rule allows.'),
    grpc: 'RESOURCE_EXHAUSTED',
    level: 'info',
  },

  REQUEST_HEAD: ask(
    400,
    'bad request',
    'The request head is outside the accepted subset of RFC 9112; the detail names the rule.',
  ),
  REQUEST_METHOD: ask(
    405,
    'method not allowed',
    'The metadata of the protected resource is there for GET and HEAD alone.',
  ),
  REQUEST_FRAMING: ask(
    400,
    'bad request',
    'Content-Length and Transfer-Encoding are outside the accepted subset (RFC 9112 section 6).',
  ),
  REQUEST_HOST: ask(
    400,
    'bad request',
    'Host is missing, doubled, malformed or unlike the target (RFC 9112 section 3.2).',
  ),
  REQUEST_TARGET: ask(400, 'bad request', 'The target is outside the accepted form (RFC 9112 section 3.2, RFC 3986).'),
  REQUEST_FIELD: ask(400, 'bad request', 'A field name is protected, a twin of a protected name, or doubled.'),
  REQUEST_BODY: ask(400, 'bad request', 'The body breaks its framing.'),
  REQUEST_BODY_TOO_LARGE: ask(413, 'content too large', 'The body is larger than the limit of this port.'),
  REQUEST_HEAD_TOO_LARGE: ask(431, 'request header fields too large', 'The head is larger than the limit.'),
  REQUEST_TARGET_TOO_LONG: ask(414, 'target too long', 'The request line is larger than the limit.'),
  REQUEST_EXPECTATION: ask(417, 'expectation failed', 'Expect is something other than 100-continue.'),
  REQUEST_METHOD_UNKNOWN: ask(
    501,
    'not implemented',
    'The method is none of GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE (RFC 9110 section 9.1).',
  ),
  REQUEST_VERSION: ask(505, 'version not supported', 'Only HTTP/1.1 is served.'),

  UPSTREAM_UNREACHABLE: away(502, 'bad gateway', 'The app did not accept a connection.'),
  UPSTREAM_RESPONSE: away(
    502,
    'bad gateway',
    'The app answered outside the accepted subset of RFC 9112, or broke off.',
  ),
  UPSTREAM_DOWN: {
    ...away(503, 'try again later', 'Several connections in a row failed; nobody tries for a moment.'),
    retry: 'later',
  },
  UPSTREAM_TIMEOUT: away(504, 'gateway timeout', 'The app did not answer in time.'),
  UPSTREAM_UNKNOWN: {
    ...away(404, 'not found', 'No egress upstream is configured under this host.'),
    grpc: 'NOT_FOUND',
    retry: 'no',
    level: 'info',
  },
  UPSTREAM_TOKEN: away(
    502,
    'bad gateway',
    'No bound token could be had for the audience of the upstream; the detail has what the CA, or the source of the token, said.',
  ),
  UPSTREAM_SUBJECT: ask(
    400,
    'send back the inbound request id',
    'The upstream is called on behalf of who called the app, and the call names none: Cleat-Request-Id is missing, doubled, or not that of a request under way that came with a token.',
  ),

  LIMIT_CONNECTIONS: {
    ...away(503, 'too many connections', 'The bound on connections or streams is reached.'),
    grpc: 'RESOURCE_EXHAUSTED',
  },
  LIMIT_REQUESTS: {
    ...away(429, 'too many requests', 'The bound on requests in progress is reached.'),
    grpc: 'RESOURCE_EXHAUSTED',
  },
  LIMIT_TOKENS: {
    ...away(
      429,
      'too many requests',
      'One connection showed tokens that had to be verified anew faster than `limits.newTokensPerSecond` allows.',
    ),
    grpc: 'RESOURCE_EXHAUSTED',
    level: 'info',
  },
  LIMIT_REPLAY: away(
    503,
    'try again later',
    'As many DPoP proofs were used within the window as this sidecar can remember, or as many proofs or assertions as the CA remembers of one client; none is admitted until some are too old.',
  ),
  LIMIT_ISSUES: {
    ...away(
      429,
      'too many requests',
      'An address, an identity or an instance asked the CA more often than `limits` allows, or an API key was used more often than its own rate or daily quota.',
    ),
    grpc: 'RESOURCE_EXHAUSTED',
    level: 'info',
  },
  LIMIT_REVOCATIONS: {
    ...away(503, 'too many revocations', 'The bound on live revocations is reached; nothing was revoked.'),
    grpc: 'RESOURCE_EXHAUSTED',
    level: 'error',
  },
  LIMIT_REGISTRATIONS: {
    ...away(503, 'too many registrations', 'The bound on clients, API keys or mandates is reached; nothing was added.'),
    grpc: 'RESOURCE_EXHAUSTED',
    level: 'error',
  },
  LIMIT_TIMEOUT: { ...ask(408, 'request timeout', 'The head or body did not arrive in time.'), retry: 'later' },

  CSR_MALFORMED: csr('Not a PKCS#10 request in DER within the limits (RFC 2986).'),
  CSR_SIGNATURE: csr('The proof of possession does not verify.'),
  CSR_KEY: csr('The key type is not allowed by the issuance policy.'),
  CSR_NAME: csr('The request asks for a name; names come from attestation only.'),
  CSR_EXTENSION: csr('The request asks for an extension or attribute that is not granted by request.'),

  ATTEST_EVIDENCE: unproven('The evidence is missing or malformed.'),
  ATTEST_JOIN_TOKEN: unproven('The join token is unknown, expired or spent.'),
  ATTEST_X509: unproven(
    'The certificate of the external CA is not trusted, not valid now, not meant for clients or named by no rule, or its key was not proved.',
  ),
  ATTEST_OIDC: unproven(
    'The workload token does not verify, is expired, or no rule names it; the detail has the rule that was broken.',
  ),
  ATTEST_UNAVAILABLE: away(
    503,
    'try again later',
    'What the evidence is judged by, such as the keys of an issuer, is not at hand.',
  ),
  ATTEST_PEER: unproven('The client certificate does not prove a workload of this trust domain.'),

  GRANT_IDENTITY: { ...denied('The identity is reserved, or the renewal asks for another one.'), level: 'warn' },
  GRANT_ADMIN: { ...denied('The caller is not among admins of ca.yaml.'), level: 'warn' },
  GRANT_LINEAGE: {
    ...denied('The certificate is not the newest of its lineage, or its lineage is unknown here.'),
    level: 'warn',
  },
  GRANT_FORK: {
    ...denied(
      'A second renewal of one certificate: two parties hold its key. The lineage is frozen; find out who, then start the workload anew.',
    ),
    level: 'warn',
  },
  GRANT_REVOKED: {
    ...denied('The certificate, an ancestor of it, its lineage or its SPIFFE ID is revoked.'),
    level: 'warn',
  },
  GRANT_UNKNOWN: {
    ...ask(
      404,
      'not found',
      'The order names a certificate, lineage, join token, client, API key or mandate that the CA does not hold, or that has ended.',
    ),
    grpc: 'NOT_FOUND',
  },
  GRANT_KEY_REUSE: csr('The key was certified before; each certificate needs a new key.'),
  GRANT_ISSUER_EXPIRED: away(503, 'cannot sign now', 'The issuer is expired or ends too soon.'),
  GRANT_CLIENT: {
    ...token(
      'The client is unknown or disabled, its secret, assertion or API key is wrong, or it may not be used from there.',
      'warn',
    ),
    retry: 'no',
    text: 'invalid client',
  },
  GRANT_TYPE: ask(400, 'unsupported grant type', 'The grant_type is none that the token service serves.'),
  GRANT_TARGET: ask(400, 'invalid target', 'The audience or resource is not one target that the client may ask for.'),
  GRANT_SCOPE: ask(
    400,
    'invalid scope',
    'A scope was asked for that is wider than the rule, client, key or subject token.',
  ),
  GRANT_SUBJECT: {
    ...ask(400, 'invalid request', 'The subject or actor token was refused; the detail has the reason.'),
    level: 'warn',
  },
  GRANT_TOKEN_RULE: denied('No token rule grants this audience and scope to the caller.'),
  GRANT_TOKEN_LIFETIME: ask(400, 'invalid lifetime', 'The asked lifetime of the token is outside the allowed range.'),
  GRANT_TOKEN_REQUEST: ask(400, 'invalid request', 'Audience or scope is missing, malformed or too long.'),

  ISSUE_LINT: broken('The certificate to be signed breaks a rule; nothing was signed.'),
  ISSUE_TICKET: broken('The right to sign was already spent.'),
  ISSUE_MISMATCH: broken('What was signed is not what was linted; the certificate was withheld.'),
  ISSUE_AUDIT: {
    ...away(
      503,
      'cannot issue now',
      'The audit stream cannot be written and audit.onFailure is stop: nothing is issued.',
    ),
    level: 'error',
  },
  ISSUE_CLOCK: {
    ...away(
      503,
      'cannot issue now',
      'The clock was set back: nothing is issued until it has caught up, or the CA is started again.',
    ),
    level: 'error',
  },
  ISSUE_BUSY: { ...away(429, 'busy', 'The issuance queue is full.'), grpc: 'RESOURCE_EXHAUSTED' },
  JOURNAL_FAILED: broken('The journal could not be written durably; nothing was delivered.'),
  JOURNAL_BACKUP: {
    ...broken('The copy of the journal could not be made; the journal itself goes on.'),
    text: 'backup failed',
  },
  JOURNAL_KEPT: config('The backup was not put in place: it is unsound, or the journal there is newer (--force).'),
  JOURNAL_LOCKED: config('Another process holds the journal.'),
  JOURNAL_MISMATCH: config('Journal and key material do not belong together.'),
  SIGNER_KEY: config('The key file is missing, unreadable, wider than 0600, or not a P-256 key in PKCS#8.'),
  SIGNER_ROOT: config('Root certificate and key do not belong together, or one of them is missing.'),
  SIGNER_PHASE: {
    ...config('This step of a rotation does not follow from where it stands; `cleat rotate status` says what does.'),
    http: 409,
  },
  SIGNER_HELD: {
    ...config('Instances or certificates hold this step of a rotation up; the detail names them.'),
    http: 409,
    retry: 'later',
  },

  RENEW_REFUSED: away(503, 'no identity', 'The CA refused to issue; the detail has its code.'),
  RENEW_UNREACHABLE: away(503, 'no identity', 'The CA could not be reached.'),
  RENEW_ANSWER: away(
    503,
    'no identity',
    'The CA answered with something unusable: wrong key, name, chain, window or usage.',
  ),
  RENEW_UNTRUSTED: away(
    503,
    'no identity',
    'The CA is not the one that the join token or the bundle names; no evidence was sent.',
  ),
  RENEW_FILES: away(
    503,
    'no identity',
    'Key, certificate and bundle in the files do not fit together or are not good now; the last good ones stay in use.',
  ),
  RENEW_NO_CA: {
    ...away(503, 'no identity', 'A token was wanted, but credentials come from files: there is no CA to mint one.'),
    retry: 'no',
  },
  RENEW_REVOKED: away(
    503,
    'no identity',
    'Our own certificate, lineage or SPIFFE ID is revoked; nothing is served with it.',
  ),
  RENEW_EXPIRED: away(
    503,
    'no identity',
    'Our own certificate expired, or our clock is before its beginning; nothing is served until it is good.',
  ),

  CONFIG_SYNTAX: config('The file is not YAML, or has duplicate keys, aliases or several documents.'),
  CONFIG_INVALID: config('A key is unknown, missing or has a wrong value.'),
  CONFIG_FILE: config('A file is missing or cannot be read.'),
  CONFIG_PERMISSION: config('A file or folder is readable or writable by more than its owner.'),
  CONFIG_ENVIRONMENT: config('An environment variable would change how TLS is done, or Node is below the floor.'),
  LIFE_PORT: config('An address could not be bound.'),
  LIFE_SOCKET: config('The control socket could not be made, or answered nothing.'),
  LIFE_AUDIT: {
    ...away(
      503,
      'try again later',
      'The audit stream of the sidecar cannot be written and audit.onFailure is stop: nothing is served.',
    ),
    level: 'error',
  },
  LIFE_DRAINING: away(503, 'going away', 'The process is draining.'),
  BUG_UNEXPECTED: broken('A defect of Cleat. The log has the stack; please report it.'),
} as const satisfies Record<string, Row>;

export type Code = keyof typeof CATALOG;

/** The row of a code. */
export const rowOf = (code: Code): Row => CATALOG[code];
