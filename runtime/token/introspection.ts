/**
 * Asks an issuer about tokens (RFC 7662), over HTTPS and as an authenticated client. One question a token at a time, few
 * at once, a deadline for each. Remembers no answer. A token is sent to this issuer and to nobody else, and stands in no
 * log and no error.
 */
import type { SecureContextOptions } from 'node:tls';

import { Fault } from '../../core/fault/fault.ts';
import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';
import { formatBasicCredential } from '../../core/token/basic-credential.ts';
import { readIntrospection } from '../../core/token/introspection.ts';
import type { JsonObject } from '../../core/token/json.ts';
import { callHttps, type ServerTrust } from '../https-call.ts';
import type { Counter, Metrics } from '../metrics.ts';

/** As whom the endpoint is asked. */
export type IntrospectionClient =
  /** RFC 8705 section 2: the certificate, with the id in the body. Secret. */
  | { readonly kind: 'mtls'; readonly id: string; readonly identity: Pick<SecureContextOptions, 'key' | 'cert'> }
  /** RFC 6749 section 2.3.1. Secret. */
  | { readonly kind: 'secret'; readonly id: string; readonly secret: string };

export interface IntrospectorDeps {
  /** Name of the issuer entry. */
  readonly issuer: string;
  /** What a token is from where the answer does not say. */
  readonly iss: string;
  readonly url: string;
  /** Asked at each call; undefined means the roots of the system. */
  readonly trust: () => ServerTrust | undefined;
  /** Asked at each call, so that a new certificate or secret counts at once. May throw a `Fault`. */
  readonly client: () => IntrospectionClient | Promise<IntrospectionClient>;
  readonly asked: Counter;
  readonly limits?: Partial<IntrospectionLimits>;
}

export interface IntrospectionLimits {
  /** For one call, default 3 s. */
  readonly timeout: Milliseconds;
  /** Calls at a time, default 64. */
  readonly calls: number;
}

export interface Introspector {
  /** The claims of an active token. Refuses: TOKEN_INACTIVE | TOKEN_TYPE | TOKEN_INTROSPECTION_UNAVAILABLE. Never rejects. */
  ask(text: string): Promise<Outcome<JsonObject>>;
}

const DEFAULTS: IntrospectionLimits = { timeout: milliseconds(3000), calls: 64 };
/** Bytes of an answer. */
const ANSWER_MOST = 64 * 1024;

/** The metric of `asked`. Declared once a process. */
export function createIntrospectionCounter(metrics: Metrics): Counter {
  return metrics.counter('cleat_introspections_total', 'Questions to introspection endpoints.', ['issuer', 'result']);
}

/** An introspector that has asked nothing yet. */
export function createIntrospector(deps: IntrospectorDeps): Introspector {
  const { issuer, asked } = deps;
  const limits = { ...DEFAULTS, ...deps.limits };
  const running = new Map<string, Promise<Outcome<JsonObject>>>();

  async function askNow(text: string): Promise<Outcome<JsonObject>> {
    const answer = await call(deps, text, limits.timeout).catch((thrown: unknown) => unavailable(Fault.from(thrown)));
    asked.add([issuer, resultOf(answer)]);
    return answer;
  }

  return {
    ask(text) {
      const shared = running.get(text);
      if (shared !== undefined) return shared;
      if (running.size >= limits.calls) {
        asked.add([issuer, 'crowded']);
        return Promise.resolve(refuse('TOKEN_INTROSPECTION_UNAVAILABLE', `${limits.calls} calls to ${issuer} wait`));
      }
      const answer = askNow(text).finally(() => running.delete(text));
      running.set(text, answer);
      return answer;
    },
  };
}

async function call(deps: IntrospectorDeps, text: string, timeout: Milliseconds): Promise<Outcome<JsonObject>> {
  const client = await deps.client();
  const form = new URLSearchParams({ token: text, token_type_hint: 'access_token' });
  if (client.kind === 'mtls') form.set('client_id', client.id);
  const { body } = await callHttps(
    {
      url: deps.url,
      trust: deps.trust(),
      identity: client.kind === 'mtls' ? client.identity : undefined,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...(client.kind === 'secret' ? { authorization: formatBasicCredential(client.id, client.secret) } : {}),
      },
      body: form.toString(),
      most: ANSWER_MOST,
      code: 'TOKEN_INTROSPECTION_UNAVAILABLE',
    },
    AbortSignal.timeout(timeout),
  );
  return readIntrospection(body, deps.iss);
}

/** What is wrong with our secret or our bundle is our trouble, not the token's. */
function unavailable({ code, detail }: Fault): Outcome<never> {
  return refuse(
    'TOKEN_INTROSPECTION_UNAVAILABLE',
    code === 'TOKEN_INTROSPECTION_UNAVAILABLE' ? detail : `${code}, ${detail}`,
  );
}

function resultOf(answer: Outcome<JsonObject>): string {
  if (answer.ok) return 'active';
  return answer.refusal.code === 'TOKEN_INTROSPECTION_UNAVAILABLE' ? 'failed' : 'inactive';
}
