/**
 * Client secrets: made, kept as argon2id (RFC 9106), and checked, a few at a time. An unknown client costs the same time as
 * a wrong secret and gives the same answer. Whoever shows no certificate waits in a lane of its own, so that strangers take no
 * place from workloads.
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { Secret } from '../../core/identity/secret.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { ClientRecord, SecretHashes } from '../journal/record.ts';

export interface ClientSecretDesk {
  /** Admits who shows a live secret of this client. `undefined`: nobody by this name.
   *  Refuses: GRANT_CLIENT | ISSUE_BUSY (too many wait in this lane). Cost: one argon2id, some 30 ms of a helper thread. */
  check(client: ClientRecord | undefined, shown: ShownSecret, now: EpochSeconds): Promise<Outcome<void>>;
  /** A new secret beside the live ones, of which the older ends at `overlapEnd`, or at once where that is undefined.
   *  A client never has more than two. Refuses: ISSUE_BUSY. */
  make(live: SecretHashes | undefined, terms: SecretTerms): Promise<Outcome<MadeSecret>>;
}

export interface ShownSecret {
  readonly secret: Secret;
  /** By the verified certificate of a workload, or by none. It must not depend on what else is known of the client: the time
   *  would tell. */
  readonly lane: Lane;
}

export type Lane = 'certificate' | 'none';

export interface SecretTerms {
  readonly now: EpochSeconds;
  readonly overlapEnd: EpochSeconds | undefined;
}

export interface MadeSecret {
  readonly secret: Secret;
  readonly hashes: SecretHashes;
}

/** What argon2id costs: 19 MiB, two passes, as OWASP's cheat sheet on password storage has it. The secrets are 256 random
 *  bits: nobody guesses one, and the hash need not cost more than it does for a password. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const PREFIX = 'cls_';
const SECRET_BYTES = 32;
const SALT_BYTES = 16;
const DIGEST_BYTES = 32;
const LIVE_MOST = 2;
/** Longer than any of ours: what is longer is cut before it is hashed, and cannot match. */
const CANDIDATE_MOST = 256;
/** Three of Node's four helper threads: files need theirs. Those who wait are some two seconds of work, and half a second. */
const LANES: Readonly<Record<Lane, LaneTerms>> = {
  certificate: { atOnce: 2, waiting: 128 },
  none: { atOnce: 1, waiting: 16 },
};

type Salted = Omit<SecretHashes, 'digests'>;

/** A desk that nobody waits at. */
export function createClientSecretDesk(random: RandomBytes): ClientSecretDesk {
  const gates = { certificate: createGate(LANES.certificate), none: createGate(LANES.none) };
  const nobody: SecretHashes = {
    ...freshSalt(random),
    digests: [{ digest: toHex(random(DIGEST_BYTES)), endsAt: undefined }],
  };

  return {
    async check(client, { secret, lane }, now) {
      const hashes = client?.secrets ?? nobody;
      const digest = await gates[lane](() => digestOf(secret, hashes));
      if (!digest.ok) return digest;
      const matches = hashes.digests.filter((kept) => isEqual(kept.digest, digest.value));
      const isLive = matches.some(({ endsAt }) => endsAt === undefined || now <= endsAt);
      if (client?.secrets !== undefined && isLive) return admit(undefined);
      return refuse('GRANT_CLIENT', reasonOf(client, matches.length > 0));
    },
    async make(known, { now, overlapEnd }) {
      const live = liveOf(known, now);
      const salted = live === undefined || overlapEnd === undefined ? freshSalt(random) : live;
      const { memory, passes, parallelism, salt } = salted;
      const secret = new Secret(`${PREFIX}${random(SECRET_BYTES).toString('base64url')}`);
      const digest = await gates.certificate(() => digestOf(secret, salted));
      if (!digest.ok) return digest;
      const older = overlapEnd === undefined ? undefined : live?.digests.at(-1);
      const digests = [
        ...(older === undefined ? [] : [{ digest: older.digest, endsAt: earlier(older.endsAt, overlapEnd) }]),
        { digest: toHex(digest.value), endsAt: undefined },
      ].slice(-LIVE_MOST);
      return admit({ secret, hashes: { salt, memory, passes, parallelism, digests } });
    },
  };
}

function reasonOf(client: ClientRecord | undefined, isOld: boolean): string {
  if (client === undefined) return 'unknown client, or a disabled one';
  if (client.secrets === undefined) return `client ${client.id} has no secret`;
  return isOld ? `the secret of client ${client.id} was rotated` : `wrong secret for client ${client.id}`;
}

/** The secrets that are still good; undefined: none is, and new ones need not share their salt and cost. */
function liveOf(known: SecretHashes | undefined, now: EpochSeconds): SecretHashes | undefined {
  const digests = known?.digests.filter(({ endsAt }) => endsAt === undefined || now <= endsAt) ?? [];
  return known === undefined || digests.length === 0 ? undefined : { ...known, digests };
}

const earlier = (one: EpochSeconds | undefined, other: EpochSeconds | undefined): EpochSeconds | undefined =>
  one !== undefined && (other === undefined || one < other) ? one : other;

const freshSalt = (random: RandomBytes): Salted => ({ ...COST, salt: toHex(random(SALT_BYTES)) });
const toHex = (bytes: Buffer): string => bytes.toString('hex');
const isEqual = (kept: string, found: Buffer): boolean => {
  const bytes = Buffer.from(kept, 'hex');
  return bytes.length === found.length && timingSafeEqual(bytes, found);
};

const hash = promisify(argon2);

/** Any two candidates cost the same. */
function digestOf(candidate: Secret, { salt, memory, passes, parallelism }: Salted): Promise<Buffer> {
  const text = Buffer.from(candidate.reveal(), 'utf8');
  return hash('argon2id', {
    message: text.length > CANDIDATE_MOST ? text.subarray(0, CANDIDATE_MOST) : text,
    nonce: Buffer.from(salt, 'hex'),
    parallelism,
    tagLength: DIGEST_BYTES,
    memory,
    passes,
  });
}

interface LaneTerms {
  readonly atOnce: number;
  readonly waiting: number;
}

/** Runs a few at a time, lets a bounded number wait, and refuses the rest with ISSUE_BUSY. */
function createGate(terms: LaneTerms): (run: () => Promise<Buffer>) => Promise<Outcome<Buffer>> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= terms.atOnce) {
      if (waiting.length >= terms.waiting) return refuse('ISSUE_BUSY', `${terms.waiting} secrets wait to be checked`);
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return admit(await run());
    } finally {
      // A place that is handed on stays taken: nobody who comes later gets in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
