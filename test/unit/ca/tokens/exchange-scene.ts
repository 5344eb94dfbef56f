/**
 * The exchange desk of a CA with its own signing keys, and issuers of others whose keys lie in files: `login` (OpenID provider),
 * `cluster` (Kubernetes) and `partner` (trust domain with JWT-SVIDs). All in this process, at `NOW`; no listener.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { caConfigTable } from '../../../../ca/config.ts';
import { makeKey } from '../../../../ca/signer/key-file.ts';
import { createTokenDesk } from '../../../../ca/tokens/desk.ts';
import { createExchangeDesk, type ExchangeRequest } from '../../../../ca/tokens/exchange.ts';
import { type TokenKey, toTokenKey } from '../../../../ca/tokens/keys.ts';
import type { TokenRequester } from '../../../../ca/tokens/requester.ts';
import { createSubjects } from '../../../../ca/tokens/subjects.ts';
import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import {
  indexRevocations,
  NO_REVOCATIONS,
  type Revocation,
  type RevokedThing,
} from '../../../../core/identity/revocation.ts';
import { epochSeconds, toSeconds } from '../../../../core/time/units.ts';
import { loadConfig } from '../../../../runtime/config/load.ts';
import type { MintedToken } from '../../../../runtime/grpc/messages.ts';
import { createKeyMeasures } from '../../../../runtime/jwks.ts';
import { createMetrics, type Metrics } from '../../../../runtime/metrics.ts';
import { collectLog, type LogLine } from '../../../kit/log-lines.ts';
import { ecKey, keySetOf, signToken } from '../../core/token/tokens.ts';
import { MESH, tempFolder, testClock } from '../small-ca.ts';
import { type HeardAudit, heardAudit } from './askers.ts';
import { NOW } from './registered.ts';

export const ISSUER = 'https://ca.mesh.example';
export const LOGIN = 'https://login.example.org';
export const CLUSTER = 'https://kubernetes.default.svc';
/** What subject tokens of others name as their audience. */
export const HERE = 'cleat-exchange';

export const TYPE = 'urn:ietf:params:oauth:token-type:';
export const [ACCESS_TOKEN, JWT, ID_TOKEN] = [`${TYPE}access_token`, `${TYPE}jwt`, `${TYPE}id_token`];

type Members = Readonly<Record<string, unknown>>;

export interface SceneOptions {
  /** `tokens.rules`. */
  readonly rules: readonly object[];
  /** Further members of the entries of `tokens.subjects`. */
  readonly entries?: Readonly<Record<string, object>>;
  /** Ids of registered clients. */
  readonly clients?: readonly string[];
}

export interface ExchangeScene extends AsyncDisposable {
  readonly audit: HeardAudit;
  readonly lines: readonly LogLine[];
  readonly metrics: Metrics;
  /** Asks for `payments` with an access token, changed. */
  exchange(
    asker: TokenRequester,
    subject: string,
    change?: Partial<ExchangeRequest>,
    now?: number,
  ): Promise<Outcome<MintedToken>>;
  /** What it asks for in its own name; fails the test where it gets none. */
  own(asker: TokenRequester, audience?: string): string;
  /** The key that signs from now on; the others stay good. */
  rotateKey(): void;
  revoke(thing: RevokedThing): void;
  /** A good access token of `login`, changed. */
  login(changes?: Members, header?: Members): string;
  /** A good service-account token, changed. */
  account(changes?: Members, header?: Members): string;
  /** A good JWT-SVID of `partner.example`, changed; by `partnerTls`: a key of its bundle for certificates. */
  svid(changes?: Members, header?: Members, by?: 'partner' | 'partnerTls'): string;
}

export async function startScene({ rules, entries = {}, clients = [] }: SceneOptions): Promise<ExchangeScene> {
  const folder = tempFolder();
  const { sign, subjects } = createOthers(folder.path, entries);
  const tokens = readTokens({ issuer: ISSUER, rules, subjects });
  const keys: [TokenKey, ...TokenKey[]] = [toTokenKey(makeKey())];
  const metrics = createMetrics();
  const { log, lines } = collectLog();
  const audit = heardAudit();
  let revocations = NO_REVOCATIONS;
  const found = createSubjects({
    tokens,
    trustDomain: MESH,
    keys: () => keys,
    clock: testClock(NOW),
    jitter: Math.random,
    log,
    measures: createKeyMeasures(metrics),
  });
  await found.service.start(new AbortController().signal);
  const shared = { audit, log, metrics, registry: { hasClient: (id: string) => clients.includes(id) } };
  const policy = { issuer: ISSUER, ttl: toSeconds(tokens.ttl), rules: tokens.rules };
  const registry = { listMandates: () => [] };
  const desk = createTokenDesk({ ...shared, policy, registry, key: () => keys[0], random: randomBytes });
  const desks = createExchangeDesk({
    ...shared,
    desk,
    issuers: found.issuers,
    rules: tokens.rules,
    issuer: ISSUER,
    revocations: { current: () => revocations },
  });
  return {
    audit,
    lines,
    metrics,
    exchange: (asker, subjectToken, change = {}, now = NOW) =>
      desks.exchange(asker, { ...REQUEST, subjectToken, ...change }, epochSeconds(now)),
    own: (asker, audience = 'payments') =>
      demand(desk.mint(asker, { audience, scopes: [], ttl: undefined }, NOW)).token,
    rotateKey: () => void keys.unshift(toTokenKey(makeKey())),
    revoke(thing) {
      const entry: Revocation = {
        ...thing,
        generation: 1,
        reason: 'keyCompromise',
        revokedAt: NOW,
        endsAt: epochSeconds(NOW + 600),
      };
      revocations = indexRevocations(1, [entry]);
    },
    login: (changes = {}, header = {}) =>
      sign(
        'login',
        { iss: LOGIN, sub: 'alice', aud: HERE, client_id: 'web', jti: 'l-1', scope: 'read write', ...changes },
        { typ: 'at+jwt', ...header },
      ),
    account: (changes = {}, header = {}) => sign('cluster', { ...ACCOUNT, ...changes }, header),
    svid: (changes = {}, header = {}, by = 'partner') =>
      sign(by, { sub: 'spiffe://partner.example/billing', aud: [HERE], ...changes }, { typ: 'JWT', ...header }),
    async [Symbol.asyncDispose]() {
      await found.service[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

type Signer = 'login' | 'cluster' | 'partner' | 'partnerTls';

/** The issuers of others: what they sign, and their entries in `tokens.subjects`. */
function createOthers(folder: string, entries: Readonly<Record<string, object>>) {
  const signers = {
    login: ecKey('login-1'),
    cluster: ecKey('cluster-1'),
    partner: ecKey('partner-1'),
    partnerTls: ecKey('partnerTls-1'),
  };
  const others = { ...signers.partnerTls.jwk, use: 'x509-svid' };
  const entry = (name: Signer, use: string, terms: object): object => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, keySetOf({ ...signers[name].jwk, use }, others));
    return { name, jwks: `file:${file}`, audience: HERE, ...terms, ...entries[name] };
  };
  const subjects = [
    entry('login', 'sig', { issuer: LOGIN }),
    entry('cluster', 'sig', { issuer: CLUSTER, kind: 'kubernetes' }),
    entry('partner', 'jwt-svid', { issuer: 'spiffe://partner.example', kind: 'jwtSvid' }),
  ];
  const sign = (name: Signer, claims: object, header: object): string =>
    signToken(signers[name], { iat: NOW, exp: NOW + 600, ...claims }, { alg: 'ES256', kid: `${name}-1`, ...header });
  return { sign, subjects };
}

const REQUEST: Omit<ExchangeRequest, 'subjectToken'> = {
  subjectTokenType: ACCESS_TOKEN,
  actorToken: undefined,
  actorTokenType: undefined,
  requestedTokenType: undefined,
  audience: 'payments',
  scopes: [],
};

const ACCOUNT = {
  iss: CLUSTER,
  sub: 'system:serviceaccount:shop:cart',
  aud: [HERE],
  jti: 'k-1',
  'kubernetes.io': {
    namespace: 'shop',
    pod: { name: 'cart-1', uid: 'u-1' },
    serviceaccount: { name: 'cart', uid: 's-1' },
  },
};

function readTokens(tokens: object) {
  const text = JSON.stringify({ trustDomain: String(MESH), tokens });
  const loaded = loadConfig({ file: 'ca.yaml', text, environment: {}, table: caConfigTable });
  if (!loaded.ok || loaded.value.tokens === undefined) throw new Error(JSON.stringify(loaded));
  return loaded.value.tokens;
}

/** Claims of the token; throws the refusal where there is none. */
export const claimsOf = (minted: Outcome<MintedToken>): Members => claimsIn(demand(minted).token);

export const claimsIn = (token: string): Members =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Members;

/** `GRANT_SUBJECT TOKEN_EXPIRED`: the code, and the one that stands in its detail; or `ok`. */
export function endOf(minted: Outcome<MintedToken>): string {
  if (minted.ok) return 'ok';
  const { code, detail } = minted.refusal;
  return [code, ...(/^[A-Z]+_[A-Z_]+/.exec(detail) ?? [])].join(' ');
}
