/**
 * API keys: `clt_<environment>_<43 characters of 256 random bits><6 of checksum>`, kept as SHA-256, shown once. Whatever is
 * wrong with one, the outside hears the same.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Secret } from '../../core/identity/secret.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { EpochMilliseconds } from '../../core/time/units.ts';
import type { ApiKeyRecord, ClientRecord } from '../journal/record.ts';

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
