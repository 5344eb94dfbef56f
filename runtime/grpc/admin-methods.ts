/**
 * Serves `cleat.ca.v1.Admin`: each method is a verb that gets the caller's leaf and a JSON value. Who may call is for the
 * verb to decide; a message too large never gets here.
 */
import type { Server, UntypedServiceImplementation } from '@grpc/grpc-js';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { ADMIN_METHODS, ADMIN_VERBS, messageOf, valueOf, type AdminVerb } from './admin-wire.ts';
import { unary } from './answer.ts';
import type { CallLog } from './call-log.ts';
import { WIRE } from './wire.ts';

/** Answers or refuses one verb. `leaf` is the DER of the client certificate that TLS verified. */
export type AdminHandler = (leaf: Buffer, verb: AdminVerb, body: unknown) => Promise<Outcome<unknown>>;

/** Adds `Admin`; gives the names of the services added. */
export function serveAdmin(server: Server, handle: AdminHandler, log: CallLog): readonly string[] {
  const methods: UntypedServiceImplementation = Object.fromEntries(
    ADMIN_VERBS.map((verb) => [
      ADMIN_METHODS[verb],
      unary<unknown, unknown>(log, async ({ request, leaf }) => {
        if (leaf === undefined) return refuse('PEER_NO_CERTIFICATE', 'the connection has no verified certificate');
        const answer = await handle(leaf, verb, valueOf(request));
        return answer.ok ? admit(messageOf(answer.value)) : answer;
      }),
    ]),
  );
  server.addService(WIRE.cleat.ca.v1.Admin.service, methods);
  return ['cleat.ca.v1.Admin'];
}
