/**
 * From the plans of the configuration to sources of tokens: our own identity, keys and tokens in files, a session at a
 * foreign issuer, and the inbound request that a call is made for. Files and sessions are shared by all upstreams that
 * name them. Puts together; asks nobody before a token is wanted.
 */
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import { replaceFile } from '../../runtime/replace-file.ts';
import { together } from '../../runtime/together.ts';
import type { Snapshot } from '../credentials/snapshot.ts';
import type { RequestHead } from '../http/request.ts';
import type { InboundTokens } from './inbound-tokens.ts';
import { createRefresher } from './refresher.ts';
import {
  API_KEY,
  CLIENT_SECRET,
  watchSecret,
  JWT,
  REFRESH_TOKEN,
  type WatchedSecret,
  type SecretForm,
} from './watched-secret.ts';
import type { SubjectType, TokenPlan } from './token-plan.ts';
import { createTokenService, type TokenService } from './token-service.ts';
import type { TokenRight, TokenSource, TokenWant } from './token-source.ts';
import type { Upstream } from './upstream-table.ts';

export interface TokenSourcesDeps {
  /** Token endpoint of the CA; undefined where every source is identity. */
  readonly url: string | undefined;
  /** Over the CA's gRPC channel of this very snapshot. Never rejects. */
  mint(snapshot: Snapshot, request: MintRequest): Promise<Outcome<MintedToken>>;
  /** Undefined where no inbound request is remembered. */
  readonly inbound: Pick<InboundTokens, 'find'> | undefined;
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
}

export interface TokenSources {
  /** What token a call to this upstream needs; undefined: none. Refuses: UPSTREAM_SUBJECT. */
  wantOf(upstream: Upstream, head: RequestHead): Outcome<TokenWant> | undefined;
  /** Reads and watches the files. */
  readonly secrets: Service;
}

/** The sources of these upstreams. */
export function createTokenSources(upstreams: readonly Upstream[], deps: TokenSourcesDeps): TokenSources {
  const parts = createParts(deps);
  const makers = new Map(upstreams.map(({ name, token }) => [name, makerOf(token, deps, parts)]));
  return {
    wantOf({ name, audience, scopes }, head) {
      const make = makers.get(name);
      if (audience === undefined || make === undefined) return undefined;
      const source = make(head);
      return source.ok ? admit({ audience, scopes, source: source.value }) : source;
    },
    secrets: together('secrets of egress', parts.files()),
  };
}

/** Gives the source for one call. */
type Maker = (head: RequestHead) => Outcome<TokenSource>;

interface Parts {
  file(path: string, form: SecretForm): WatchedSecret;
  files(): readonly WatchedSecret[];
  once<T>(key: string, make: () => T): T;
  readonly service: TokenService | undefined;
}

function makerOf(plan: TokenPlan, deps: TokenSourcesDeps, parts: Parts): Maker {
  const always = (source: TokenSource): Maker => {
    const found = admit(source);
    return () => found;
  };
  if (plan.source === 'identity') return always(identitySource(deps));
  const { service } = parts;
  if (service === undefined) throw new TypeError(`source ${plan.source} without a token service`);
  if (plan.source === 'apiKey') return always(apiKeySource(parts.file(plan.file, API_KEY), service));
  const exchange: Exchange = {
    service,
    apiKey: plan.apiKey === undefined ? undefined : parts.file(plan.apiKey, API_KEY),
  };
  if (plan.source === 'oidc') return always(oidcSource(parts.file(plan.file, JWT), plan.type, exchange));
  if (plan.source === 'refreshToken') return always(refreshSource(plan, exchange, { ...deps, parts }));
  return (head) => inboundSource(head, plan.type, exchange, deps.inbound);
}

function identitySource(deps: TokenSourcesDeps): TokenSource {
  const right = admit<TokenRight>({ subject: 'own', redeem: (snapshot, request) => deps.mint(snapshot, request) });
  return { name: 'identity', isLasting: true, right: () => right };
}

function apiKeySource(file: WatchedSecret, service: TokenService): TokenSource {
  return {
    name: 'apiKey',
    isLasting: true,
    right() {
      const key = file.current();
      if (!key.ok) return key;
      const { text: apiKey, digest } = key.value;
      return admit({ subject: digest, redeem: (snapshot, token) => service.ask(snapshot, { token, apiKey }) });
    },
  };
}

interface Exchange {
  readonly service: TokenService;
  readonly apiKey: WatchedSecret | undefined;
}

interface Subject {
  /** Names it in the key of the cache. */
  readonly name: string;
  readonly type: SubjectType;
  /** Secret. */
  text(): Promise<Outcome<string>>;
}

/** The right to exchange a subject token, with the key as its client where there is one. */
function exchangeRight(subject: Subject, { service, apiKey }: Exchange): Outcome<TokenRight> {
  const key = apiKey?.current() ?? admit(undefined);
  if (!key.ok) return key;
  const client = key.value;
  return admit({
    subject: client === undefined ? subject.name : `${subject.name}+${client.digest}`,
    async redeem(snapshot: Snapshot, token: MintRequest) {
      const text = await subject.text();
      if (!text.ok) return text;
      const shown = { text: text.value, type: subject.type };
      return service.ask(snapshot, { token, apiKey: client?.text, subject: shown });
    },
  });
}

function oidcSource(file: WatchedSecret, type: SubjectType, exchange: Exchange): TokenSource {
  return {
    name: 'oidc',
    isLasting: true,
    right() {
      const token = file.current();
      if (!token.ok) return token;
      const { text, digest } = token.value;
      return exchangeRight({ name: digest, type, text: () => Promise.resolve(admit(text)) }, exchange);
    },
  };
}

function refreshSource(
  { file, type, issuer }: Extract<TokenPlan, { source: 'refreshToken' }>,
  exchange: Exchange,
  { parts, clock, jitter }: TokenSourcesDeps & { readonly parts: Parts },
): TokenSource {
  const refresher = parts.once(`refresher ${file}`, () =>
    createRefresher({
      issuer,
      type,
      refreshToken: parts.file(file, REFRESH_TOKEN),
      clientSecret: issuer.clientSecret === undefined ? undefined : parts.file(issuer.clientSecret, CLIENT_SECRET),
      persist: (text) => replaceFile(file, `${text}\n`),
      clock,
      jitter,
    }),
  );
  return {
    name: 'refreshToken',
    isLasting: true,
    right() {
      const session = refresher.session();
      if (!session.ok) return session;
      return exchangeRight({ name: `${file}#${session.value}`, type, text: () => refresher.token() }, exchange);
    },
  };
}

/** The app says for whom it calls: by the id that its sidecar gave to the inbound request, in exactly one field. */
function inboundSource(
  head: RequestHead,
  type: SubjectType,
  exchange: Exchange,
  inbound: TokenSourcesDeps['inbound'],
): Outcome<TokenSource> {
  const id = inboundIdOf(head);
  if (id === undefined)
    return refuse('UPSTREAM_SUBJECT', 'the call has not exactly one Cleat-Request-Id of 32 hex digits');
  const token = inbound?.find(id);
  if (token === undefined)
    return refuse('UPSTREAM_SUBJECT', 'no inbound request with this Cleat-Request-Id and a token is under way');
  const { text, digest } = token;
  const right = (): Outcome<TokenRight> =>
    exchangeRight({ name: digest, type, text: () => Promise.resolve(admit(text)) }, exchange);
  return admit({ name: 'onBehalfOf', isLasting: false, right });
}

/** The id of the inbound request that a call says it is made for; undefined where it says none, or several. */
export function inboundIdOf({ fields }: RequestHead): string | undefined {
  const [first, ...others] = fields.filter(({ lower }) => lower === 'cleat-request-id');
  return first !== undefined && others.length === 0 && REQUEST_ID.test(first.value) ? first.value : undefined;
}

const REQUEST_ID = /^[0-9a-f]{32}$/;

/** What several upstreams may share, made once each. */
function createParts({ url, clock, log }: TokenSourcesDeps): Parts {
  const made = new Map<string, unknown>();
  const files: WatchedSecret[] = [];
  const once = <T>(key: string, make: () => T): T => {
    const known = made.get(key);
    if (known !== undefined) return known as T;
    const fresh = make();
    made.set(key, fresh);
    return fresh;
  };
  return {
    once,
    files: () => files,
    file(path, form) {
      return once(`file ${path}`, () => {
        const file = watchSecret(path, form, log);
        files.push(file);
        return file;
      });
    },
    service: url === undefined ? undefined : createTokenService({ url, clock }),
  };
}
