/**
 * Serves `cleat.ca.v1.Admin`: each method is a verb that gets the caller's leaf and a JSON value. Who may call is for the
 * verb to decide; a message too large never gets here. An administrator is told the detail of a refusal, nobody else is.
 */
import type { handleUnaryCall, Server, UntypedServiceImplementation } from '@grpc/grpc-js';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { addDetail, ADMIN_METHODS, ADMIN_VERBS, messageOf, valueOf, type AdminVerb } from './admin-wire.ts';
import { unary } from './answer.ts';
import type { CallLog } from './call-log.ts';
import { createConnectionReader } from './connection.ts';
import { WIRE } from './wire.ts';

/** What a verb answered or refused. `isKnown`: the caller is an administrator, and may read why. */
export type AdminOutcome = Outcome<unknown> & { readonly isKnown?: boolean };

/** Answers or refuses one verb. `leaf` is the DER of the client certificate that TLS verified. */
export type AdminHandler = (leaf: Buffer, verb: AdminVerb, body: unknown) => Promise<AdminOutcome>;

/** Adds `Admin`; gives the names of the services added. */
export function serveAdmin(server: Server, handle: AdminHandler, log: CallLog): readonly string[] {
  const read = createConnectionReader();
  const methods: UntypedServiceImplementation = Object.fromEntries(
    ADMIN_VERBS.map((verb): [string, handleUnaryCall<unknown, unknown>] => [
      ADMIN_METHODS[verb],
      (call, reply) => {
        let detail: string | undefined;
        const answer = unary<unknown, unknown>(
          log,
          async ({ request, leaf }) => {
            if (leaf === undefined) return refuse('PEER_NO_CERTIFICATE', 'the connection has no verified certificate');
            const said = await handle(leaf, verb, valueOf(request));
            if (said.ok) return admit(messageOf(said.value));
            if (said.isKnown === true) detail = said.refusal.detail;
            return said;
          },
          read,
        );
        answer(call, (status, value) => {
          if (detail !== undefined && status?.metadata != null) addDetail(status.metadata, detail);
          reply(status, value);
        });
      },
    ]),
  );
  server.addService(WIRE.cleat.ca.v1.Admin.service, methods);
  return ['cleat.ca.v1.Admin'];
}
