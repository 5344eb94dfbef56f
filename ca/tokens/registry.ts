/**
 * The clients, API keys and mandates of this CA in memory: read from the journal at start, changed only once the journal
 * said that the change is durable. Look-ups wait for nothing. It decides no rights, and knows no secret.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { ApiKeyRecord, ClientRecord, MandateRecord } from '../journal/record.ts';

/** What the token service reads. */
export interface Registry {
  /** The client, unless it is disabled: nobody can tell that from never registered. */
  findClient(id: string): ClientRecord | undefined;
  /** By the SHA-256 of its text (hex): also a revoked or expired one, for `ApiKeyDesk` to refuse. */
  findApiKey(digest: string): ApiKeyRecord | undefined;
  /** Those that hold now. */
  listMandates(now: EpochSeconds): readonly MandateRecord[];
}

/** What administrators and the desk of API keys use besides. */
export interface RegistryService extends Registry, Service {
  listClients(): readonly ClientRecord[];
  listApiKeys(): readonly ApiKeyRecord[];
  /** Adds it, or puts it in the place of the one with this id. Refuses: LIMIT_REGISTRATIONS, and as the journal does. */
  keepClient(client: ClientRecord): Promise<Outcome<void>>;
  /** As `keepClient`. */
  keepApiKey(key: ApiKeyRecord): Promise<Outcome<void>>;
  /** As `keepClient`. */
  keepMandate(mandate: MandateRecord): Promise<Outcome<void>>;
}
