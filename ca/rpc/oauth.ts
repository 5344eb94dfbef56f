/**
 * The HTTP side of the token service: reads one bounded request, says who shows which certificate, and writes one answer. Decides
 * nothing of what is asked.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';

import { rowOf } from '../../core/fault/catalog.ts';
import { admit, refuse, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { milliseconds } from '../../core/time/units.ts';
import { addressKeyOf } from '../../runtime/address-key.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { peerLeaf } from '../../runtime/peer-leaf.ts';
import { createRepeats } from '../../runtime/repeats.ts';
import { checkWorkload } from '../attest/leaf.ts';
import { type AuthenticationDeps, authenticateClient, type Presented } from '../tokens/client-authentication.ts';
import { failure, type OAuthAnswer } from '../tokens/oauth-answer.ts';
import type { OAuthRequest } from '../tokens/oauth-request.ts';
import type { RequestingWorkload } from '../tokens/requester.ts';
import { instanceOf } from './call-rate.ts';
import { readForm, valuesOf } from './oauth-form.ts';
import { createOAuthRates, type OAuthRates, type Turn } from './oauth-rates.ts';
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
  /** Of an address without a certificate, and of an instance with one. */
  readonly perTurnPerMinute: number;
  readonly perClientPerMinute: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
}

export interface OAuthHandler extends Disposable {
  /** Whether the path is one of the endpoints. */
  serves(path: string): boolean;
  /** Answers, whatever comes. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** A handler that has seen no request. Its end writes what was only counted. */
export function createOAuthHandler(deps: OAuthDeps): OAuthHandler {
  const { endpoints } = deps;
  const requests = deps.metrics.counter(
    'cleat_ca_oauth_requests_total',
    'Requests to the token service, by their end.',
    ['endpoint', 'method', 'result'],
  );
  const rates = createOAuthRates(deps);
  const teller = createTeller(deps.log);

  return {
    serves: (path) => Object.hasOwn(endpoints, path),
    async handle(request, response) {
      const { name } = endpoints[pathOf(request)] ?? { name: 'none' };
      const note = noteOf(request, name);
      const answered = await judge(request, note, { ...deps, rates }).catch(
        (thrown: unknown): Outcome<never> => refuse('BUG_UNEXPECTED', String(thrown)),
      );
      requests.add([name, note.method, answered.ok ? 'answered' : answered.refusal.code]);
      if (!answered.ok) {
        if (answered.refusal.code === 'GRANT_CLIENT') rates.chargeFailure(note.turn);
        teller.tell(note, answered.refusal);
      }
      const scheme = valuesOf(request, 'authorization')[0]?.split(' ', 1)[0];
      const nonce = name === 'token' ? deps.nonce() : undefined;
      const answer = answered.ok ? withNonce(answered.value, nonce) : failure(answered.refusal, { scheme, nonce });
      write(request, response, answer);
    },
    [Symbol.dispose]: () => teller.close(),
  };
}

type JudgeDeps = OAuthDeps & { readonly rates: OAuthRates };

async function judge(request: IncomingMessage, note: Note, deps: JudgeDeps): Promise<Outcome<OAuthAnswer>> {
  const { clock, rates } = deps;
  const workload = workloadOf(request, deps.porter);
  // A certificate that is not good takes the turn of its address, like none.
  if (workload.ok && workload.value !== undefined) {
    note.workload = workload.value.id.uri;
    note.turn = { by: 'instance', key: instanceOf(workload.value) };
  }
  const within = rates.take(note.turn);
  if (!within.ok) return within;
  if (!workload.ok) return workload;
  const form = await readForm(request);
  if (!form.ok) return form;
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
    const found = await authenticateClient(presented, deps.authentication);
    if (!found.ok) return found;
    const { requester, method } = found.value;
    note.method = method;
    note.client = requester.client?.id;
    const turn = note.client === undefined ? admit(undefined) : rates.takeClient(note.client);
    return turn.ok ? admit(requester) : turn;
  };
  const endpoint = deps.endpoints[pathOf(request)];
  if (endpoint === undefined) return refuse('BUG_UNEXPECTED', 'an endpoint that is not served');
  return endpoint.answer({ form: form.value, proof: valuesOf(request, 'dpop'), now, authenticate });
}

/** What is known of who asks, for log and rates. */
interface Note {
  readonly endpoint: string;
  readonly address: string;
  turn: Turn;
  method: string;
  workload: string | undefined;
  client: string | undefined;
}

function noteOf({ socket: { remoteAddress: address = '' } }: IncomingMessage, endpoint: string): Note {
  const turn = { by: 'address', key: addressKeyOf(address) } as const;
  return { endpoint, address, turn, method: 'none', workload: undefined, client: undefined };
}

const WINDOW = milliseconds(60_000);
const KINDS_MOST = 1024;

type Kind = Pick<Note, 'endpoint'> & { readonly code: string; readonly key: string };

/** Writes the first refusal of a kind at once, and of those within the next minute how many there were. */
function createTeller(log: Log) {
  const repeats = createRepeats<Kind>({
    window: WINDOW,
    kindsMost: KINDS_MOST,
    rest: { endpoint: 'any', code: 'any', key: 'any' },
    more: (kind, more) => log.info('token requests refused', { ...kind, more }),
  });
  return {
    tell(note: Note, { code, detail }: Refusal): void {
      const { endpoint, address, workload, client, method } = note;
      const { key } = note.turn;
      const row = rowOf(code).level;
      const level = row === 'error' || row === 'warn' ? row : 'info';
      repeats.note(`${endpoint} ${code} ${key}`, { endpoint, code, key }, () => {
        log[level]('token request refused', { endpoint, code, detail, address, workload, client, method });
        return admit(undefined);
      });
    },
    close: () => repeats.close(),
  };
}

/** RFC 9449 section 8.2: a client learns the next nonce before it needs it. */
const withNonce = (answer: OAuthAnswer, nonce: string | undefined): OAuthAnswer =>
  nonce === undefined ? answer : { ...answer, fields: { ...answer.fields, 'dpop-nonce': nonce } };

const pathOf = ({ url }: IncomingMessage): string => url?.split('?', 1)[0] ?? '';

/** The workload whose certificate TLS verified; undefined where none was shown. One that is not good is refused, so that nobody
 *  takes a broken certificate for none. Refuses: GRANT_CLIENT | LIMIT_ISSUES. */
function workloadOf({ socket }: IncomingMessage, porter: Porter): Outcome<RequestingWorkload | undefined> {
  const { authorized, authorizationError } = socket as TLSSocket;
  const certificate = peerLeaf(socket as TLSSocket);
  if (certificate === undefined) return admit(undefined);
  if (!authorized) return refuse('GRANT_CLIENT', `client certificate: ${String(authorizationError)}`);
  const caller = porter.receive(certificate);
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
