/**
 * The clients, API keys and mandates of this CA in memory: read from the journal at start, changed only once the journal
 * said that the change is durable, one change after the other. Look-ups wait for nothing. It decides no rights, and knows
 * no secret.
 */
import { Fault } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Journal } from '../journal/journal.ts';
import type { ApiKeyRecord, ClientRecord, MandateRecord } from '../journal/record.ts';

/** What the token service reads. */
export interface Registry {
  /** The client, unless it is disabled: nobody can tell that from never registered. */
  findClient(id: string): ClientRecord | undefined;
  /** Disabled ones too: an id is never somebody else's. */
  hasClient(id: string): boolean;
  /** By the SHA-256 of its text (hex): also a revoked or expired one, for `ApiKeyDesk` to refuse. */
  findApiKey(digest: string): ApiKeyRecord | undefined;
  /** Those that hold now. */
  listMandates(now: EpochSeconds): readonly MandateRecord[];
}

/** Gives what shall be kept under an id in the place of what is known; a refusal changes nothing. */
export type Change<T> = (known: T | undefined) => Outcome<T> | Promise<Outcome<T>>;

/** What administrators use besides. Each change gives what is kept now. Refuses: what the change refuses,
 *  LIMIT_REGISTRATIONS, and as the journal does. */
export interface RegistryService extends Registry, Service {
  /** Disabled ones too. */
  listClients(): readonly ClientRecord[];
  /** Those that ended at most a day ago too. */
  listApiKeys(): readonly ApiKeyRecord[];
  changeClient(id: string, change: Change<ClientRecord>): Promise<Outcome<ClientRecord>>;
  changeApiKey(id: string, change: Change<ApiKeyRecord>): Promise<Outcome<ApiKeyRecord>>;
  changeMandate(id: string, change: Change<MandateRecord>): Promise<Outcome<MandateRecord>>;
}

export interface RegistryDeps {
  readonly journal: Pick<Journal, 'readRegistrations' | 'addClient' | 'addApiKey' | 'addMandate'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** How many there may be; those that ended long ago do not count. */
const MOST = { clients: 10_000, keys: 100_000, mandates: 10_000 } as const;
/** As the journal: for whoever asks a day later what it was. */
const RETENTION_SECONDS = 24 * 3600;

/** Needs the journal started. `start` throws what the journal refuses. */
export function createRegistry({ journal, clock }: RegistryDeps): RegistryService {
  const before = (): EpochSeconds => wholeSeconds(clock.now());
  const isOld = (end: EpochSeconds): boolean => end + RETENTION_SECONDS < before();
  // One after the other, over all three: a key is made only for a client that is not disabled meanwhile.
  const inTurn = createTurns();
  const clients = createShelf<ClientRecord>({
    name: 'clients',
    most: MOST.clients,
    inTurn,
    keep: (client) => journal.addClient(client),
    isOver: () => false,
  });
  const byDigest = new Map<string, string>();
  const keys = createShelf<ApiKeyRecord>({
    name: 'API keys',
    most: MOST.keys,
    inTurn,
    keep: (key) => journal.addApiKey(key),
    isOver: ({ expiresAt }) => isOld(expiresAt),
    onKept: ({ digest, id }) => void byDigest.set(digest, id),
    onGone: ({ digest }) => void byDigest.delete(digest),
  });
  const mandates = createShelf<MandateRecord>({
    name: 'mandates',
    most: MOST.mandates,
    inTurn,
    keep: (mandate) => journal.addMandate(mandate),
    isOver: ({ endsAt }) => isOld(endsAt),
  });
  return {
    name: 'registry',
    findClient(id) {
      const client = clients.get(id);
      return client?.disabledAt === undefined ? client : undefined;
    },
    hasClient: (id) => clients.get(id) !== undefined,
    findApiKey(digest) {
      const id = byDigest.get(digest);
      return id === undefined ? undefined : keys.get(id);
    },
    listMandates: (now) => mandates.all().filter(({ endsAt }) => now <= endsAt),
    listClients: () => clients.all(),
    listApiKeys: () => keys.all().filter(({ expiresAt }) => !isOld(expiresAt)),
    changeClient: (id, change) => clients.change(id, change),
    changeApiKey: (id, change) => keys.change(id, change),
    changeMandate: (id, change) => mandates.change(id, change),
    async start(signal) {
      signal.throwIfAborted();
      const read = await journal.readRegistrations();
      if (!read.ok) throw new Fault(read.refusal.code, read.refusal.detail);
      clients.fill(read.value.clients);
      keys.fill(read.value.apiKeys);
      mandates.fill(read.value.mandates);
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}

type InTurn = <T>(run: () => Promise<T>) => Promise<T>;

/** Runs one after the other, in the order in which they came. */
function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const turn = last.then(run, run);
    last = turn.catch(() => undefined);
    return turn;
  };
}

interface ShelfTerms<T> {
  readonly name: string;
  readonly most: number;
  readonly inTurn: InTurn;
  readonly keep: (record: T) => Promise<Outcome<void>>;
  /** Nobody asks for it any more. */
  readonly isOver: (record: T) => boolean;
  readonly onKept?: (record: T) => void;
  readonly onGone?: (record: T) => void;
}

/** The records of one kind, by their id. */
function createShelf<T extends { readonly id: string }>(terms: ShelfTerms<T>) {
  const { name, most, inTurn, keep, isOver, onKept, onGone } = terms;
  const records = new Map<string, T>();

  function put(record: T): void {
    records.set(record.id, record);
    onKept?.(record);
  }

  function hasRoom(): boolean {
    if (records.size < most) return true;
    for (const record of records.values())
      if (isOver(record)) {
        records.delete(record.id);
        onGone?.(record);
      }
    return records.size < most;
  }

  return {
    get: (id: string): T | undefined => records.get(id),
    all: (): readonly T[] => [...records.values()],
    fill: (all: readonly T[]) => all.forEach(put),
    change: (id: string, change: Change<T>): Promise<Outcome<T>> =>
      inTurn(async () => {
        const known = records.get(id);
        const next = await change(known);
        if (!next.ok) return next;
        if (known === undefined && !hasRoom())
          return refuse('LIMIT_REGISTRATIONS', `there are ${most} ${name}, the most there may be`);
        const kept = await keep(next.value);
        if (!kept.ok) return kept;
        put(Object.freeze(next.value));
        return admit(next.value);
      }),
  };
}
