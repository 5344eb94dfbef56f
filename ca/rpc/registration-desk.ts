/** What the desks of clients, API keys and mandates share: who keeps, who ends, and how each change is told. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock, RandomBytes } from '../../core/time/clock.ts';
import type { Facts } from '../../runtime/audit/line.ts';
import type { ApiKeyUses } from '../tokens/api-key-uses.ts';
import type { ClientSecretDesk } from '../tokens/client-secret.ts';
import type { RegistryService } from '../tokens/registry.ts';
import type { OriginEndDeps } from './origin-end.ts';

export interface RegistrationDesk extends OriginEndDeps {
  /** `tokens.environment`. */
  readonly environment: string;
  readonly registry: RegistryService;
  readonly secrets: Pick<ClientSecretDesk, 'make'>;
  readonly uses: Pick<ApiKeyUses, 'of'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
}

/** Tells log and audit stream of a change that is durable. Refuses: ISSUE_AUDIT; the change holds all the same. */
export function tell(
  kind: string,
  facts: Facts,
  { audit, log }: Pick<RegistrationDesk, 'audit' | 'log'>,
): Outcome<void> {
  log.info(kind.replaceAll('-', ' '), facts);
  return audit.record(kind, facts);
}

/** At most 1000 rows that come after `after`, in the order of their ids. */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  after = '',
): { rows: readonly T[]; next?: string } {
  const rows = all.filter(({ id }) => id > after).toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const page = rows.slice(0, PAGE_MOST);
  const last = page.at(-1);
  return rows.length > PAGE_MOST && last !== undefined ? { rows: page, next: last.id } : { rows: page };
}

const PAGE_MOST = 1000;

/** Whether this CA mints tokens at all: without it there is nothing to register for. Refuses: CONFIG_INVALID. */
export function checkMints({ issuer }: Pick<RegistrationDesk, 'issuer'>): Outcome<void> {
  return issuer === undefined ? refuse('CONFIG_INVALID', 'ca.yaml has no section tokens') : admit(undefined);
}
