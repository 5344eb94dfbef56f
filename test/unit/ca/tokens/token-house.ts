/**
 * A whole token service in this process: real CA, journal, registrations, signing keys and HTTPS listener, on a clock that the test
 * moves. Workloads have certificates of that CA; subject tokens come from issuers whose keys lie in files.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

import { createLeafReader } from '../../../../ca/attest/leaf.ts';
import { caConfigTable } from '../../../../ca/config.ts';
import { createCallRate } from '../../../../ca/rpc/call-rate.ts';
import { createHttpsServer } from '../../../../ca/rpc/https.ts';
import { createPorter } from '../../../../ca/rpc/porter.ts';
import type { RegistrationVerb } from '../../../../ca/rpc/registration-verbs.ts';
import { createTokenService, type TokenService } from '../../../../ca/token-service.ts';
import { createTokenKeyService, type TokenKeyService } from '../../../../ca/tokens/service.ts';
import { demand } from '../../../../core/fault/fault.ts';

import { parseCertificate, type Certificate } from '../../../../core/x509/certificate.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { createAuditOutput } from '../../../../runtime/audit/standard-output.ts';
import { loadConfig } from '../../../../runtime/config/load.ts';
import { createKeyMeasures } from '../../../../runtime/jwks.ts';
import { createMetrics, type Metrics } from '../../../../runtime/metrics.ts';
import { createTestAuthority, issueTestLeaf, testKey } from '../../../kit/x509.ts';
import { ecKey, keySetOf, type SigningKey, signToken } from '../../core/token/tokens.ts';
import { MESH, type SmallCa, startSmallCa, testClock, TOKENS } from '../small-ca.ts';

export const FORM = 'application/x-www-form-urlencoded';
export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';
/** What subject tokens of others name as their audience. */
export const HERE = 'cleat-exchange';

export interface Workload {
  readonly uri: string;
  readonly certificate: Certificate;
  /** PEM. */
  readonly key: string;
  readonly chain: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
  /** The claims of `access_token`; empty without one. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Asked {
  /** Undefined: no certificate is shown. */
  readonly as?: Workload | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly path?: string;
  readonly method?: string;
}

export interface TokenHouse extends AsyncDisposable {
  readonly ca: SmallCa;
  readonly keys: TokenKeyService;
  readonly metrics: Metrics;
  readonly port: number;
  /** PEM of what vouches for the server. */
  readonly root: string;
  /** The lines of the audit stream that the token service writes. */
  readonly audited: readonly string[];
  readonly now: () => number;
  workload(path: string): Promise<Workload>;
  /** The last refusal that is in the log: the first of its kind by an instance. */
  refused(): { readonly code: unknown; readonly detail: string };
  /** Fails the test where the verb refuses. */
  order(verb: RegistrationVerb, body: object): Promise<Readonly<Record<string, unknown>>>;
  /** POSTs the form, or the text as it is. */
  post(form: Readonly<Record<string, string>> | string, asked?: Asked): Promise<Reply>;
  /** A good subject token of the OIDC issuer, changed. */
  login(changes?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  /** A good service-account token. */
  account(changes?: Readonly<Record<string, unknown>>): string;
  /** A good JWT-SVID of the trust domain `partner.example`. */
  svid(changes?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
}

export const LOGIN = 'https://login.example.org';
export const CLUSTER = 'https://kubernetes.default.svc';

/** `ofSubjects`: settings of each issuer of subject tokens beside its own. */
export async function startTokenHouse(
  tokens: object = {},
  limits: object = {},
  ofSubjects: object = {},
): Promise<TokenHouse> {
  const clock = testClock(Math.floor(Date.now() / 1000));
  const ca = await startSmallCa({ clock });
  const now = (): number => Math.floor(clock.now() / 1000);
  const signers = { login: ecKey('login-1'), cluster: ecKey('cluster-1'), partner: ecKey('partner-1') };
  const subjects = subjectsOf(signers, ca.dataDir).map((entry) => ({ ...entry, ...ofSubjects }));
  const config = configOf({
    tokens: { issuer: TOKENS.issuer, environment: TOKENS.environment, subjects, ...tokens },
    limits,
  });
  const metrics = createMetrics();
  const audited: string[] = [];
  const audit = createAuditOutput({ write: (line) => audited.push(line), clock, onHealth: () => undefined });
  const shared = { clock, metrics, audit, log: ca.log.log, dataDir: ca.dataDir, revocations: ca.revocations };
  const keys = createTokenKeyService({ ...shared, rotateAfter: undefined });
  const go = new AbortController().signal;
  await keys.start(go);
  const calls = createCallRate({ ...shared, limits: config.limits });
  const service = createTokenService({
    ...shared,
    config,
    registrations: ca.registrations,
    keys,
    journal: ca.journal,
    porter: createPorter({ ...shared, trustDomain: MESH, calls }, createLeafReader()),
    random: randomBytes,
    jitter: Math.random,
    measures: createKeyMeasures(metrics),
  });
  for (const one of service.services) await one.start(go);
  const { server, root, port } = await serve(service, ca);
  return {
    ca,
    keys,
    metrics,
    port,
    root,
    audited,
    now,
    async workload(path) {
      const key = testKey();
      const { record } = demand(await ca.first(await ca.joinToken(path), key));
      const certificate = demand(parseCertificate(Buffer.from(record.der)));
      const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
      return {
        uri: `spiffe://${MESH}${path}`,
        certificate,
        key: pem,
        chain: encodePem('CERTIFICATE', certificate.der),
      };
    },
    refused() {
      const line = ca.log.lines.findLast(({ message }) => message === 'token request refused');
      const { code, detail } = line?.fields ?? {};
      return { code, detail: typeof detail === 'string' ? detail : '' };
    },
    async order(verb, body) {
      const found: unknown = demand(await ca.registrations.verbs[verb](body));
      return found as Readonly<Record<string, unknown>>;
    },
    post: (form, asked = {}) => post({ port, root }, form, asked),
    ...tokensOf(signers, now),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      for (const one of service.services) await one[Symbol.asyncDispose]();
      await keys[Symbol.asyncDispose]();
      await ca[Symbol.asyncDispose]();
    },
  };
}

interface Signers {
  readonly login: SigningKey;
  readonly cluster: SigningKey;
  readonly partner: SigningKey;
}

function subjectsOf(signers: Signers, folder: string): readonly object[] {
  const place = (name: keyof Signers): string => {
    const file = `${folder}/${name}.json`;
    const { jwk } = signers[name];
    writeFileSync(file, keySetOf(name === 'partner' ? { ...jwk, use: 'jwt-svid' } : jwk));
    return `file:${file}`;
  };
  return [
    { name: 'login', issuer: LOGIN, jwks: place('login'), audience: HERE },
    { name: 'cluster', kind: 'kubernetes', issuer: CLUSTER, jwks: place('cluster'), audience: HERE },
    { name: 'partner', kind: 'jwtSvid', issuer: 'spiffe://partner.example', jwks: place('partner'), audience: HERE },
  ];
}

async function serve({ documents, oauth }: TokenService, { authority: { root }, log: { log } }: SmallCa) {
  const authority = createTestAuthority();
  const leaf = issueTestLeaf(authority, { path: '/cleat/ca', dns: ['localhost'] });
  const identity = { key: leaf.key, chain: [leaf.der], roots: [root.der] };
  const serving = { current: () => identity, subscribe: () => ({ [Symbol.dispose]: () => undefined }) };
  const server = createHttpsServer({
    address: { host: '127.0.0.1', port: 0 },
    serving,
    documents,
    files: {},
    oauth,
    log,
  });
  await server.start(new AbortController().signal);
  return { server, root: encodePem('CERTIFICATE', authority.der), port: server.address()?.port ?? 0 };
}

function tokensOf(signers: Signers, now: () => number): Pick<TokenHouse, 'login' | 'account' | 'svid'> {
  const times = (life = 300): object => ({ iat: now(), exp: now() + life });
  return {
    login: (changes = {}, header = {}) =>
      signToken(
        signers.login,
        { iss: LOGIN, sub: 'alice', aud: HERE, client_id: 'web', jti: 'l-1', scope: 'read', ...times(), ...changes },
        { alg: 'ES256', typ: 'at+jwt', kid: 'login-1', ...header },
      ),
    account: (changes = {}) =>
      signToken(
        signers.cluster,
        {
          iss: CLUSTER,
          sub: 'system:serviceaccount:shop:cart',
          aud: [HERE],
          'kubernetes.io': { namespace: 'shop', pod: { name: 'cart-1', uid: 'u-1' } },
          jti: 'k-1',
          ...times(3600),
          ...changes,
        },
        { alg: 'ES256', kid: 'cluster-1' },
      ),
    svid: (changes = {}, header = {}) =>
      signToken(
        signers.partner,
        { sub: 'spiffe://partner.example/billing', aud: [HERE], ...times(), ...changes },
        { alg: 'ES256', kid: 'partner-1', typ: 'JWT', ...header },
      ),
  };
}

function configOf(sections: object) {
  const loaded = loadConfig({
    file: 'ca.yaml',
    text: JSON.stringify({ trustDomain: String(MESH), ...sections }),
    environment: {},
    table: caConfigTable,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  return loaded.value;
}

interface Server {
  readonly port: number;
  readonly root: string;
}

function post({ port, root }: Server, form: Readonly<Record<string, string>> | string, asked: Asked): Promise<Reply> {
  const { as, headers = {}, path = '/token', method = 'POST' } = asked;
  const shown = as === undefined ? {} : { key: as.key, cert: as.chain };
  const place = { host: '127.0.0.1', servername: 'localhost', port, ca: root, agent: false };
  return new Promise((resolve, reject) => {
    const call = request(
      { ...place, ...shown, path, method, headers: { 'content-type': FORM, ...headers } },
      (answer) => {
        text(answer).then((body) => resolve(replyOf(answer.statusCode, answer.headers, body)), reject);
      },
    );
    call.on('error', reject);
    call.end(typeof form === 'string' ? form : new URLSearchParams(form).toString());
  });
}

function replyOf(status: number | undefined, headers: IncomingHttpHeaders, body: string): Reply {
  const read = (body.startsWith('{') ? JSON.parse(body) : {}) as Reply['body'];
  const token = read['access_token'];
  return { status: status ?? 0, headers, body: read, claims: typeof token === 'string' ? claimsIn(token) : {} };
}

export const claimsIn = (token: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>;

/** `400 invalid_scope`, or `200`. */
export const endOf = ({ status, body }: Reply): string => [status, body['error']].filter(Boolean).join(' ');
