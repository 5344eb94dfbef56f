/**
 * The HTTP side of the token service: reads one bounded request, says who shows which certificate, and writes one answer. Decides
 * nothing of what is asked. A credential is taken from a header or, where the standard has it there, from the body; one in the
 * URL is refused, since URLs end up in logs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';

import { admit, refuse, refuseFor, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import { rowOf } from '../../core/fault/catalog.ts';
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import { addressKeyOf } from '../../runtime/address-key.ts';
import type { Log } from '../../runtime/log.ts';
import type { Counter, Metrics } from '../../runtime/metrics.ts';
import { createRate } from '../../runtime/rate.ts';
import { checkWorkload } from '../attest/leaf.ts';
import { type AuthenticationDeps, authenticateClient, type Presented } from '../tokens/client-authentication.ts';
import { type Form, FORM_MOST, parseForm } from '../tokens/form.ts';
import { failure, type OAuthAnswer } from '../tokens/oauth-answer.ts';
import type { OAuthRequest } from '../tokens/oauth-request.ts';
import type { RequestingWorkload } from '../tokens/requester.ts';
import type { Porter } from './porter.ts';

/** Answers one kind of request. */
export type OAuthEndpoint = (request: OAuthRequest) => Promise<Outcome<OAuthAnswer>>;

export interface OAuthDeps {
  /** Path -> name and answer. */
  readonly endpoints: Readonly<Record<string, { readonly name: string; readonly answer: OAuthEndpoint }>>;
  readonly authentication: AuthenticationDeps;
  readonly porter: Porter;
  /** The nonce to hand out with the answers of the token endpoint; undefined: none is used. */
  readonly nonce: () => string | undefined;
  readonly perAddressPerMinute: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
}

export interface OAuthHandler {
  /** Whether the path is one of the endpoints. */
  serves(path: string): boolean;
  /** Answers, whatever comes. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const ADDRESSES_MOST = 16_384;
/** A request that proved nobody costs as much as ten that did: guesses are slow, mistakes are not punished. */
const FAILURE_COST = 9;

/** A handler that has seen no request. */
export function createOAuthHandler(deps: OAuthDeps): OAuthHandler {
  const { endpoints, clock, log } = deps;
  const requests = deps.metrics.counter(
    'cleat_ca_oauth_requests_total',
    'Requests to the token service, by their end.',
    ['endpoint', 'method', 'result'],
  );
  const perMinute = deps.perAddressPerMinute;
  const rate = createRate({ perMinute, burst: perMinute, keysMost: ADDRESSES_MOST });

  async function judge(request: IncomingMessage, note: Note): Promise<Outcome<OAuthAnswer>> {
    const wait = rate.take(note.key, clock.monotonic());
    if (wait > 0) return refuseFor(milliseconds(wait), 'LIMIT_ISSUES', `address ${note.key}`);
    const form = await readForm(request);
    if (!form.ok) return form;
    const workload = workloadOf(request, deps.porter);
    if (!workload.ok) return workload;
    note.workload = workload.value?.id.uri;
    const now = clock.now();
    const presented: Presented = {
      form: form.value,
      authorization: valuesOf(request, 'authorization'),
      apiKey: valuesOf(request, 'x-api-key'),
      workload: workload.value,
      address: note.address,
      now,
    };
    const authenticate: OAuthRequest['authenticate'] = async () => {
      const client = await authenticateClient(presented, deps.authentication);
      if (!client.ok) return client;
      note.method = client.value.method;
      note.client = client.value.requester.client?.id;
      return admit(client.value.requester);
    };
    const endpoint = endpoints[pathOf(request)];
    if (endpoint === undefined) return refuse('BUG_UNEXPECTED', 'an endpoint that is not served');
    return endpoint.answer({ form: form.value, proof: valuesOf(request, 'dpop'), now, authenticate });
  }

  return {
    serves: (path) => Object.hasOwn(endpoints, path),
    async handle(request, response) {
      const address = request.socket.remoteAddress ?? '';
      const note: Note = {
        address,
        key: addressKeyOf(address),
        method: 'none',
        workload: undefined,
        client: undefined,
      };
      const answered = await judge(request, note).catch(
        (thrown: unknown): Outcome<never> => refuse('BUG_UNEXPECTED', String(thrown)),
      );
      const { name } = endpoints[pathOf(request)] ?? { name: 'none' };
      count(requests, name, note.method, answered);
      if (!answered.ok) {
        if (answered.refusal.code === 'GRANT_CLIENT') rate.charge(note.key, clock.monotonic(), FAILURE_COST);
        tell(log, name, note, answered.refusal);
      }
      const scheme = valuesOf(request, 'authorization')[0]?.split(' ', 1)[0];
      const nonce = name === 'token' ? deps.nonce() : undefined;
      const answer = answered.ok ? withNonce(answered.value, nonce) : failure(answered.refusal, { scheme, nonce });
      write(request, response, answer);
    },
  };
}

/** What is known of who asks, for the log. */
interface Note {
  readonly address: string;
  readonly key: string;
  method: string;
  workload: string | undefined;
  client: string | undefined;
}

function count(requests: Counter, name: string, method: string, answered: Outcome<unknown>): void {
  requests.add([name, method, answered.ok ? 'answered' : answered.refusal.code]);
}

function tell(
  log: Log,
  endpoint: string,
  { address, workload, client, method }: Note,
  { code, detail }: Refusal,
): void {
  const level = rowOf(code).level === 'error' ? 'error' : rowOf(code).level === 'warn' ? 'warn' : 'info';
  log[level]('token request refused', { endpoint, code, detail, address, workload, client, method });
}

/** RFC 9449 section 8.2: a client learns the next nonce before it needs it. */
const withNonce = (answer: OAuthAnswer, nonce: string | undefined): OAuthAnswer =>
  nonce === undefined ? answer : { ...answer, fields: { ...answer.fields, 'dpop-nonce': nonce } };

const pathOf = ({ url }: IncomingMessage): string => url?.split('?', 1)[0] ?? '';

async function readForm(request: IncomingMessage): Promise<Outcome<Form>> {
  if (request.url?.includes('?') === true)
    return refuse('GRANT_TOKEN_REQUEST', 'the URL has a query: parameters belong in the body, keys in a header');
  if (request.headers['content-encoding'] !== undefined)
    return refuse('GRANT_TOKEN_REQUEST', 'the body is encoded: send it as it is');
  const body = await readBody(request);
  return body.ok ? parseForm(request.headers['content-type'], body.value) : body;
}

async function readBody(request: IncomingMessage): Promise<Outcome<Buffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Left open where it is too long, so that the client hears why.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > FORM_MOST) return refuse('GRANT_TOKEN_REQUEST', `the body is longer than ${FORM_MOST} bytes`);
      chunks.push(chunk);
    }
  } catch {
    // Who went away, or was too slow, is no defect of ours.
    return refuse('GRANT_TOKEN_REQUEST', 'the connection ended before the body did');
  }
  return admit(Buffer.concat(chunks));
}

/** All lines of this name; Node's own view drops or joins some. */
function valuesOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  return rawHeaders.flatMap((value, at) => (at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name ? value : []));
}

/** The workload whose certificate TLS verified; undefined where none was shown. One that is not good is refused, so that nobody
 *  takes a broken certificate for none. Refuses: GRANT_CLIENT | LIMIT_ISSUES. */
function workloadOf({ socket }: IncomingMessage, porter: Porter): Outcome<RequestingWorkload | undefined> {
  const { authorized, authorizationError } = socket as TLSSocket;
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  if (certificate === undefined) return admit(undefined);
  if (!authorized) return refuse('GRANT_CLIENT', `client certificate: ${String(authorizationError)}`);
  const caller = porter.receive(certificate.raw);
  const workload = caller.ok ? checkWorkload(caller.value) : caller;
  if (workload.ok || workload.refusal.code === 'LIMIT_ISSUES') return workload;
  return refuse('GRANT_CLIENT', `client certificate: ${workload.refusal.code}, ${workload.refusal.detail}`);
}

function write(request: IncomingMessage, response: ServerResponse, { status, fields, body }: OAuthAnswer): void {
  // Who went away, or still sends, is not waited for.
  if (response.destroyed) return;
  const bytes = Buffer.from(body === undefined ? '' : `${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    ...fields,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    'content-length': String(bytes.length),
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(bytes);
}
