/** What most cases share: one mesh, one issuer, one agent with a leaf, and a good token that is bound to it. */
import type { TestAuthority } from '../../kit/x509.ts';
import { AGENT_PATH, createAuthority, issueLeaf, type Leaf, NOW } from './authority.ts';
import { createSigningKey, type Members, signJws, type SigningKey } from './token.ts';

export const ISSUER = 'https://ca.example.org';
export const AUDIENCE = 'https://pay.example.org';
export const AGENT = `spiffe://example.org${AGENT_PATH}`;

export interface TokenWishes {
  readonly key?: SigningKey;
  /** Members to change; undefined leaves one out. Text or bytes replace the whole. */
  readonly header?: Members | string | Buffer;
  readonly claims?: Members | string | Buffer;
}

export interface World {
  readonly root: TestAuthority;
  /** Of `other.example`. */
  readonly foreignRoot: TestAuthority;
  readonly agent: Leaf;
  readonly issuerKey: SigningKey;
  /** The claims of a good token, with these members changed. */
  claims(changes?: Members): Members;
  /** A good token, but for the wishes. */
  token(wishes?: TokenWishes): string;
  /** Settings of a verifier, with members of the issuer and of the whole changed. */
  settings(issuer?: Members, whole?: Members): object;
}

/** A new world: all keys are new. */
export function createWorld(): World {
  const root = createAuthority('example.org');
  const foreignRoot = createAuthority('other.example');
  const agent = issueLeaf(root);
  const issuerKey = createSigningKey('k1');
  const claims = (changes: Members = {}): Members => ({
    iss: ISSUER,
    sub: AGENT,
    client_id: AGENT,
    aud: AUDIENCE,
    exp: NOW + 300,
    iat: NOW - 10,
    jti: 'b6f1c0d2',
    scope: 'pay.read',
    cnf: { 'x5t#S256': agent.x5t },
    ...changes,
  });
  return {
    root,
    foreignRoot,
    agent,
    issuerKey,
    claims,
    token({ key = issuerKey, header = {}, claims: changes = {} } = {}) {
      const sound = { alg: key.alg, typ: 'at+jwt', kid: key.jwk['kid'] };
      const isWhole = (value: unknown): value is string | Buffer => typeof value === 'string' || Buffer.isBuffer(value);
      return signJws(
        key,
        isWhole(header) ? header : { ...sound, ...header },
        isWhole(changes) ? changes : claims(changes),
      );
    },
    settings: (issuer = {}, whole = {}) => ({
      issuers: [issuerOf(issuerKey, issuer)],
      bundles: { 'example.org': [root.der.toString('base64')] },
      binding: 'required',
      skew: 30,
      origins: [AUDIENCE],
      dpop: { window: 60, nonce: 'off' },
      ...whole,
    }),
  };
}

/** An issuer entry, with members changed. */
export function issuerOf(key: SigningKey, changes: Members = {}): Members {
  return {
    issuer: ISSUER,
    trustDomain: 'example.org',
    jwks: { keys: [key.jwk] },
    algorithms: ['ES256'],
    types: ['at+jwt'],
    audiences: [AUDIENCE],
    mustBind: true,
    jkt: 'dpop',
    lineage: true,
    ignoreCnf: ['kc-jkt-type'],
    ...changes,
  };
}
