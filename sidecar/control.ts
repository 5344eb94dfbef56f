/**
 * The control verbs of a sidecar: what `cleat why`, `cleat renew` and the operator's look at a running one ask for.
 * They are served on the control socket alone. None of them tells a token or a key.
 */
import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';
import type { ControlVerb } from '../runtime/control.ts';
import type { RevocationFacts, RevocationHolder } from './credentials/revocations.ts';
import type { CredentialSource } from './credentials/source.ts';
import type { Snapshot } from './credentials/snapshot.ts';
import type { UpkeepFacts } from './credentials/upkeep-state.ts';
import type { PlaintextPeers } from './plaintext-peers.ts';
import type { Why, WhyEntry } from './why.ts';

export interface ControlRooms {
  readonly credentials: Pick<CredentialSource, 'current' | 'renew' | 'upkeep'>;
  readonly revocations: Pick<RevocationHolder, 'facts'>;
  readonly why: Pick<Why, 'last' | 'find'>;
  readonly plaintextPeers: Pick<PlaintextPeers, 'all'>;
  /** Generation that calls of the app go out with; undefined where there is no egress. */
  readonly egressGeneration: () => number | undefined;
  readonly connections: () => number;
  /** What readiness still waits for. */
  readonly pending: () => readonly string[];
}

/** What is told of our own credentials. */
export interface CredentialFacts {
  readonly spiffeId: string;
  readonly generation: number;
  readonly serial: string;
  /** base64url of SHA-256 of the leaf: `x5t#S256`. */
  readonly thumbprint: string;
  readonly notAfter: number;
  readonly renewAt: number;
  readonly bundleGeneration: number;
  readonly lineage: string | undefined;
  readonly sequence: number | undefined;
}

/** What is told of getting the next certificate. */
export interface RenewalFacts {
  /** Unix time; null before it is planned, and with files, where somebody else renews. */
  readonly nextAttempt: number | null;
  /** Why the newest attempt failed; null when it did not. */
  readonly lastError: { readonly code: string; readonly detail: string; readonly at: number } | null;
}

export interface SidecarStatus {
  readonly credentials: CredentialFacts | null;
  readonly renewal: RenewalFacts;
  readonly egressGeneration: number | null;
  readonly revocations: RevocationFacts;
  readonly connections: number;
  readonly pending: readonly string[];
}

/** The verbs by name. `why` takes `{last}` or `{requestId}` and gives entries, newest first; `renew` and `status`
 *  take nothing. Refuse: REQUEST_BODY for another body, and `renew` as `CredentialSource.renew`. */
export function createControlVerbs(
  rooms: ControlRooms,
): Readonly<Record<'why' | 'renew' | 'status' | 'peers', ControlVerb>> {
  return {
    why: (body) => askWhy(body, rooms.why),
    peers: () => admit(rooms.plaintextPeers.all()),
    async renew() {
      const renewed = await rooms.credentials.renew();
      return renewed.ok ? admit(factsOf(renewed.value)) : renewed;
    },
    status() {
      const own = rooms.credentials.current();
      const status: SidecarStatus = {
        credentials: own === undefined ? null : factsOf(own),
        renewal: renewalOf(rooms.credentials.upkeep()),
        egressGeneration: rooms.egressGeneration() ?? null,
        revocations: rooms.revocations.facts(),
        connections: rooms.connections(),
        pending: rooms.pending(),
      };
      return admit(status);
    },
  };
}

const DEFAULT_LAST = 20;

function askWhy(body: unknown, why: ControlRooms['why']): Outcome<readonly WhyEntry[]> {
  const asked = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { requestId, last: count = DEFAULT_LAST } = asked;
  if (requestId !== undefined) {
    if (typeof requestId !== 'string' || !/^[0-9a-f]{32}$/.test(requestId))
      return refuse('REQUEST_BODY', 'requestId: 32 lower-case hex digits');
    const entry = why.find(requestId);
    return admit(entry === undefined ? [] : [entry]);
  }
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    return refuse('REQUEST_BODY', 'last: a whole number');
  return admit(why.last(count));
}

function renewalOf({ nextAttempt, lastRefusal: last }: UpkeepFacts): RenewalFacts {
  const lastError = last === undefined ? null : { code: last.code, detail: last.detail, at: last.at };
  return { nextAttempt: nextAttempt ?? null, lastError };
}

function factsOf({ id, generation, leaf, renewAt, bundleGeneration }: Snapshot): CredentialFacts {
  return {
    spiffeId: id.uri,
    generation,
    serial: leaf.serial,
    thumbprint: leaf.thumbprint.toString('base64url'),
    notAfter: leaf.notAfter,
    renewAt,
    bundleGeneration,
    lineage: leaf.lineage?.id.toString('hex'),
    sequence: leaf.lineage?.sequence,
  };
}
