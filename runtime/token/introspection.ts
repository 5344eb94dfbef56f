/**
 * Asks an issuer about tokens (RFC 7662), over HTTPS and as an authenticated client. One question a token at a time, few
 * at once and fewer for one asker, a deadline for each. Remembers no claims; that a token is inactive, for seconds. A token is sent to this issuer and to nobody else, and stands in no
 * log and no error.
 */
import { createHash } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

import { Fault } from '../../core/fault/fault.ts';
import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
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
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly limits?: Partial<IntrospectionLimits>;
}

export interface IntrospectionLimits {
  /** For one call, default 3 s. */
  readonly timeout: Milliseconds;
  /** Calls at a time, default 64. */
  readonly calls: number;
  /** Of these for the tokens of one asker, default 8. */
  readonly callsEach: number;
}

export interface Introspector {
  /** The claims of an active token; `asker` is who showed it. Refuses: TOKEN_INACTIVE | TOKEN_TYPE | TOKEN_INTROSPECTION_UNAVAILABLE. Never rejects. */
  ask(text: string, asker: string): Promise<Outcome<JsonObject>>;
}

const DEFAULTS: IntrospectionLimits = { timeout: milliseconds(3000), calls: 64, callsEach: 8 };
/** So long a token is known to be inactive: who shows junk again and again costs the issuer one question. */
const INACTIVE_MS = 5000;
const INACTIVE_MOST = 4096;
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
  const running = new Map<string, Running>();
  const inactive = createInactive(deps.clock);

  async function askNow(text: string): Promise<Outcome<JsonObject>> {
    const answer = await call(deps, text, limits.timeout).catch((thrown: unknown) => unavailable(Fault.from(thrown)));
    asked.add([issuer, resultOf(answer)]);
    if (!answer.ok && answer.refusal.code === 'TOKEN_INACTIVE') inactive.note(text, answer);
    running.delete(text);
    return answer;
  }

  /** Room for one more of this asker: nobody keeps the others from asking. */
  function mayAsk(asker: string): boolean {
    if (running.size >= limits.calls) return false;
    return [...running.values()].filter((one) => one.asker === asker).length < limits.callsEach;
  }

  return {
    ask(text, asker) {
      const shared = running.get(text);
      if (shared !== undefined) return shared.answer;
      const known = inactive.recall(text);
      if (known !== undefined) return Promise.resolve(known);
      if (!mayAsk(asker)) {
        asked.add([issuer, 'crowded']);
        return Promise.resolve(refuse('TOKEN_INTROSPECTION_UNAVAILABLE', `too many calls to ${issuer} wait`));
      }
      const answer = askNow(text);
      running.set(text, { asker, answer });
      return answer;
    },
  };
}

interface Running {
  readonly asker: string;
  readonly answer: Promise<Outcome<JsonObject>>;
}

interface Inactive {
  note(text: string, answer: Outcome<never>): void;
  recall(text: string): Outcome<never> | undefined;
}

/** What the issuer said of tokens that are not active, by digest; the oldest is forgotten first. */
function createInactive(clock: Pick<Clock, 'monotonic'>): Inactive {
  const known = new Map<string, { readonly answer: Outcome<never>; readonly until: number }>();
  const keyOf = (text: string): string => createHash('sha256').update(text).digest('base64');
  return {
    note(text, answer) {
      const [oldest] = known.keys();
      if (known.size >= INACTIVE_MOST && oldest !== undefined) known.delete(oldest);
      known.set(keyOf(text), { answer, until: clock.monotonic() + INACTIVE_MS });
    },
    recall(text) {
      const key = keyOf(text);
      const found = known.get(key);
      if (found === undefined || clock.monotonic() < found.until) return found?.answer;
      known.delete(key);
      return undefined;
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
