/**
 * The clients, API keys and mandates of a CA: who keeps them, who checks what a client shows, and what administrators may do
 * with them. Composition only; decides nothing.
 */
import type { Clock, RandomBytes } from '../core/time/clock.ts';
import type { Audit } from '../runtime/audit/audit.ts';
import type { ControlVerb } from '../runtime/control.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { CaConfig } from './config.ts';
import type { Journal } from './journal/journal.ts';
import { createRegistrationVerbs, type RegistrationVerb } from './rpc/registration-verbs.ts';
import { createApiKeyAlarm } from './tokens/api-key-alarm.ts';
import { createApiKeyRates } from './tokens/api-key-rates.ts';
import { createApiKeyUses } from './tokens/api-key-uses.ts';
import { createApiKeyDesk, type ApiKeyDesk } from './tokens/api-key.ts';
import { createClientSecretDesk, type ClientSecretDesk } from './tokens/client-secret.ts';
import { createRegistry, type Registry } from './tokens/registry.ts';
import type { RevocationSource } from './trust/revocations.ts';

export interface RegistrationsDeps {
  readonly config: { readonly tokens?: Pick<NonNullable<CaConfig['tokens']>, 'issuer' | 'environment'> | undefined };
  readonly journal: Journal;
  readonly revocations: Pick<RevocationSource, 'current' | 'reload'>;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'counter'>;
}

export interface Registrations {
  readonly registry: Registry;
  readonly secrets: ClientSecretDesk;
  readonly apiKeys: ApiKeyDesk;
  readonly verbs: Readonly<Record<RegistrationVerb, ControlVerb>>;
  /** In the order of their start, after the journal and the revocations. */
  readonly services: readonly Service[];
}

/** Where no tokens are minted there is no environment: no key is made, and none is admitted. */
const NO_ENVIRONMENT = 'none';

/** Not yet started. */
export function createRegistrations(deps: RegistrationsDeps): Registrations {
  const { config, clock, random } = deps;
  const environment = config.tokens?.environment ?? NO_ENVIRONMENT;
  const registry = createRegistry(deps);
  const uses = createApiKeyUses(deps);
  const alarm = createApiKeyAlarm(deps);
  const secrets = createClientSecretDesk(random);
  return {
    registry,
    secrets,
    apiKeys: createApiKeyDesk({ environment, registry, uses, rates: createApiKeyRates(clock), alarm }),
    verbs: createRegistrationVerbs({ ...deps, issuer: config.tokens?.issuer, environment, registry, secrets, uses }),
    services: [registry, uses, alarm],
  };
}
