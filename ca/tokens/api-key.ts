/**
 * Admits who shows an API key. Whatever is wrong with a key, the outside hears the same; only whoever may use it hears of
 * its limits. A key in the hands of a workload that it is not meant for is an alarm. Keys change nothing: the verbs of
 * administrators take certificates alone.
 */
import { timingSafeEqual } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { checkApiKeyText } from '../../core/identity/api-key-text.ts';
import { parseNetworks } from '../../core/identity/network.ts';
import { matchesId } from '../../core/identity/pattern.ts';
import type { Secret } from '../../core/identity/secret.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import { wholeSeconds, type EpochMilliseconds } from '../../core/time/units.ts';
import type { ApiKeyRecord, ClientRecord } from '../journal/record.ts';
import type { ApiKeyAlarm } from './api-key-alarm.ts';
import type { ApiKeyRates } from './api-key-rates.ts';
import type { ApiKeyUses } from './api-key-uses.ts';
import { checkPlace } from './client-place.ts';
import type { Registry } from './registry.ts';

export interface ApiKeyPlace {
  /** The workload of the verified client certificate; undefined: there was none. */
  readonly workload: SpiffeId | undefined;
  /** Of the TCP peer. */
  readonly address: string;
  readonly now: EpochMilliseconds;
}

export interface AdmittedApiKey {
  readonly client: ClientRecord;
  readonly apiKey: ApiKeyRecord;
}

export interface ApiKeyDesk {
  /** The key and its client, if it may be used from there; counts the use.
   *  Refuses: GRANT_CLIENT | LIMIT_ISSUES (its own rate or daily quota; only told to who may use it). */
  admit(presented: Secret, place: ApiKeyPlace): Outcome<AdmittedApiKey>;
}

export interface ApiKeyDeskDeps {
  readonly environment: string;
  readonly registry: Pick<Registry, 'findApiKey' | 'findClient'>;
  readonly uses: Pick<ApiKeyUses, 'count'>;
  readonly rates: ApiKeyRates;
  readonly alarm: ApiKeyAlarm;
}

/** A desk that knows the keys of the registry. */
export function createApiKeyDesk(deps: ApiKeyDeskDeps): ApiKeyDesk {
  const { environment, registry, uses, rates, alarm } = deps;

  function find(presented: Secret): Outcome<AdmittedApiKey> {
    const form = checkApiKeyText(presented, environment);
    if (!form.ok) return form;
    const digest = presented.digest();
    const apiKey = registry.findApiKey(digest.toString('hex'));
    // A look-up by digest tells nothing of the text by its time; the compare says so to whoever changes the look-up.
    if (apiKey === undefined || !timingSafeEqual(Buffer.from(apiKey.digest, 'hex'), digest))
      return refuse('GRANT_CLIENT', 'unknown API key');
    const client = registry.findClient(apiKey.client);
    if (client === undefined)
      return refuse('GRANT_CLIENT', `client ${apiKey.client} of API key ${apiKey.id} is disabled`);
    return admit({ client, apiKey });
  }

  return {
    admit(presented, place) {
      const found = find(presented);
      if (!found.ok) return found;
      const { client, apiKey } = found.value;
      const live = checkLive(client, apiKey, place.now);
      if (!live.ok) return live;
      const meant = checkMeant(client, apiKey, place);
      if (!meant.ok) {
        alarm.raise({
          key: apiKey.id,
          client: client.id,
          owner: apiKey.owner,
          workload: place.workload?.uri,
          address: place.address,
          reason: meant.refusal.detail,
        });
        return meant;
      }
      const rate = rates.take(apiKey);
      if (!rate.ok) return rate;
      const quota = uses.count(apiKey, place.now);
      return quota.ok ? found : quota;
    },
  };
}

function checkLive(client: ClientRecord, key: ApiKeyRecord, now: EpochMilliseconds): Outcome<void> {
  if (!client.methods.includes('api_key'))
    return refuse('GRANT_CLIENT', `client ${client.id} is not registered for API keys`);
  if (key.revokedAt !== undefined) return refuse('GRANT_CLIENT', `API key ${key.id} is revoked`);
  if (wholeSeconds(now) > key.expiresAt) return refuse('GRANT_CLIENT', `API key ${key.id} ended at ${key.expiresAt}`);
  return admit(undefined);
}

/** Whether the key is where it belongs. */
function checkMeant(client: ClientRecord, key: ApiKeyRecord, { workload, address }: ApiKeyPlace): Outcome<void> {
  const place = checkPlace(client, workload);
  if (!place.ok) return place;
  if (key.spiffe.length > 0 && !key.spiffe.some((pattern) => workload !== undefined && matchesId(pattern, workload)))
    return refuse(
      'GRANT_CLIENT',
      `API key ${key.id} is not meant for ${workload?.uri ?? 'a request without certificate'}`,
    );
  if (key.networks.length === 0) return admit(undefined);
  const networks = parseNetworks(key.networks);
  if (networks.ok && networks.value.holds(address)) return admit(undefined);
  return refuse('GRANT_CLIENT', `API key ${key.id} is not meant to be used from ${address}`);
}
