/**
 * The revocations that this sidecar obeys: the last state that the CA told, replaced whole and told to those who hold
 * connections. A lost stream changes nothing here but a number that says for how long nothing was heard.
 */
import {
  indexRevocations,
  mergeRevocations,
  NO_REVOCATIONS,
  UNHEARD_REVOCATIONS,
  type Revocation,
  type RevocationIndex,
} from '../../core/identity/revocation.ts';
import type { Clock } from '../../core/time/clock.ts';
import { type EpochSeconds, wholeSeconds } from '../../core/time/units.ts';
import type { RevocationState } from '../../runtime/grpc/messages.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Snapshot } from './snapshot.ts';

export interface RevocationFacts {
  readonly generation: number;
  readonly entries: number;
  /** Seconds since the trust stream was lost, as of the last attempt to open it again; 0 while it is open. */
  readonly staleSeconds: number;
}

export interface RevocationHolder {
  /** Before the CA has said anything: heard, with nothing revoked, only where nobody is awaited. */
  current(): RevocationIndex;
  /** Tells each new state, in order, until disposed. */
  subscribe(tell: (next: RevocationIndex) => void): Disposable;
  /** What the CA tells. The first time it calls `onHeard`. */
  adopt(state: RevocationState): void;
  /** The CA does not deal with this certificate any more, because it is revoked: it may be all that we hear of that. */
  adoptRefusal(own: Snapshot): void;
  noteStale(seconds: number): void;
  facts(): RevocationFacts;
}

/** A holder of nothing yet. */
export function createRevocationHolder(deps: {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'gauge'>;
  /** Whether a CA will say what is revoked: until then nobody can. */
  readonly isAwaited: boolean;
  readonly onHeard?: () => void;
}): RevocationHolder {
  const { clock, log, metrics, isAwaited, onHeard } = deps;
  const generation = metrics.gauge('cleat_revocation_generation', 'Generation of the revocations that are obeyed.');
  const entries = metrics.gauge('cleat_revocations', 'Revocations that are obeyed.');
  const subscribers = new Set<{ readonly tell: (next: RevocationIndex) => void }>();
  let current = isAwaited ? UNHEARD_REVOCATIONS : NO_REVOCATIONS;
  let staleSeconds = 0;
  let isHeard = false;

  function replace(next: RevocationIndex): void {
    current = next;
    generation.set(next.generation);
    entries.set(next.entries.length);
    log.info('revocations adopted', { generation: next.generation, entries: next.entries.length });
    for (const { tell } of subscribers) inform(tell, next, log);
  }

  return {
    current: () => current,
    subscribe(tell) {
      const entry = { tell };
      subscribers.add(entry);
      return { [Symbol.dispose]: () => void subscribers.delete(entry) };
    },
    adopt(state) {
      if (!isHeard) onHeard?.();
      isHeard = true;
      const merged = mergeRevocations(current.entries, state.entries, wholeSeconds(clock.now()));
      // Told again at each new stream: that nothing changed must cost nothing.
      if (current.isHeard && state.generation === current.generation && merged.length === current.entries.length)
        return;
      replace(indexRevocations(state.generation, merged));
    },
    adoptRefusal(own) {
      if (revocationOf(own, current, wholeSeconds(clock.now())) !== undefined) return;
      const more = [...current.entries, ownEntry(own, current.generation)];
      replace(indexRevocations(current.generation, more, current.isHeard));
    },
    noteStale(seconds) {
      staleSeconds = seconds;
    },
    facts: () => ({ generation: current.generation, entries: current.entries.length, staleSeconds }),
  };
}

/** What revokes the certificate that we run on. */
export function revocationOf(own: Snapshot, index: RevocationIndex, now: EpochSeconds): Revocation | undefined {
  const { id, leaf } = own;
  const thumbprintText = leaf.thumbprint.toString('base64url');
  return index.ofPeer({ id, serial: leaf.serial, thumbprintText, lineage: leaf.lineage }, now);
}

/** Its successors would be revoked too; a certificate for new evidence, of another lineage, is not. */
function ownEntry({ leaf }: Snapshot, generation: number): Revocation {
  return {
    kind: 'certificate',
    serial: leaf.serial,
    thumbprint: leaf.thumbprint.toString('base64url'),
    lineageId: leaf.lineage?.id.toString('hex') ?? '',
    sequence: leaf.lineage?.sequence ?? 0,
    generation,
    reason: 'unspecified',
    revokedAt: leaf.notBefore,
    endsAt: leaf.notAfter,
  };
}

/** One subscriber's defect must not keep the news from the others. */
function inform(tell: (next: RevocationIndex) => void, next: RevocationIndex, log: Log): void {
  try {
    tell(next);
  } catch (thrown) {
    log.error('a subscriber of the revocations broke', faultFields(thrown));
  }
}
