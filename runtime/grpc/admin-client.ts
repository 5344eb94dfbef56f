/**
 * `cleat.ca.v1.Admin` for who shows a certificate of an administrator: the control verbs of the CA over mutual TLS.
 * Translates and decides nothing; nothing here rejects.
 */
import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js';

import { admit, type Outcome } from '../../core/fault/refusal.ts';
import { ADMIN_METHODS, detailIn, messageOf, valueOf, type AdminVerb } from './admin-wire.ts';
import { openChannel, type CaEndpoint, type Channel } from './channel.ts';
import { WIRE } from './wire.ts';

export interface AdminClient {
  /** What the verb answers, as its JSON value. Refuses with the CA's own code, with its detail where the caller is an
   *  administrator and with its public text where not, or RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_REFUSED. */
  ask(verb: AdminVerb, body: object): Promise<Outcome<unknown>>;
  /** Takes no new call; what is under way may end. Safe to call twice. */
  close(): void;
}

/** The status of a rotation names every instance of a large fleet. */
const ANSWER_MOST = 64 * 1024 * 1024;

type Method = (
  request: unknown,
  options: { readonly deadline: number },
  done: (error: ServiceError | null, answer?: unknown) => void,
) => ClientUnaryCall;

/** `endpoint.identity` must hold a key. Connects at the first call. */
export function openAdmin(endpoint: CaEndpoint): AdminClient {
  const channel: Channel<Readonly<Record<string, Method>>> = openChannel(
    // By name: each method has types of its own, and all are called alike.
    WIRE.cleat.ca.v1.Admin as unknown as Parameters<typeof openChannel<Readonly<Record<string, Method>>>>[0],
    { ...endpoint, answerMost: ANSWER_MOST },
  );
  return {
    async ask(verb, body) {
      let detail: string | undefined;
      const answer = await channel.call<unknown>((client, options, done) => {
        const method = client[ADMIN_METHODS[verb]];
        if (method === undefined) throw new TypeError(`no method for ${verb}`);
        return method.call(client, messageOf(body), options, (error, value) => {
          detail = error === null ? undefined : detailIn(error.metadata);
          done(error, value);
        });
      });
      if (answer.ok) return admit(valueOf(answer.value));
      return detail === undefined ? answer : { ok: false, refusal: { ...answer.refusal, detail } };
    },
    close: () => channel.close(),
  };
}
