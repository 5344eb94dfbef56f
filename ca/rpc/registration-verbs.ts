/** The verbs of administrators about clients, API keys and mandates, as a table. Each desk says what its verbs take and give. */
import type { ControlVerb } from '../../runtime/control.ts';
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from './api-key-desk.ts';
import { createClient, disableClient, listClients, rotateClient } from './client-desk.ts';
import { createMandate, endMandate, listMandates } from './mandate-desk.ts';
import type { RegistrationDesk } from './registration-desk.ts';

export type RegistrationVerb =
  | `client-${'create' | 'rotate' | 'disable'}`
  | `key-${'create' | 'rotate' | 'revoke'}`
  | `mandate-${'create' | 'end'}`
  | 'clients'
  | 'keys'
  | 'mandates';

/** Part of `createAdminVerbs`. */
export function createRegistrationVerbs(desk: RegistrationDesk): Readonly<Record<RegistrationVerb, ControlVerb>> {
  return {
    'client-create': (body) => createClient(body, desk),
    clients: (body) => listClients(body, desk),
    'client-rotate': (body) => rotateClient(body, desk),
    'client-disable': (body) => disableClient(body, desk),
    'key-create': (body) => createApiKey(body, desk),
    keys: (body) => listApiKeys(body, desk),
    'key-rotate': (body) => rotateApiKey(body, desk),
    'key-revoke': (body) => revokeApiKey(body, desk),
    'mandate-create': (body) => createMandate(body, desk),
    mandates: (body) => listMandates(body, desk),
    'mandate-end': (body) => endMandate(body, desk),
  };
}
