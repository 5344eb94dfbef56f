/**
 * The one door to the issuance cycle: bounds how much goes on at once, counts, and writes one record a certificate.
 * Decides nothing about who gets what (see cycle.ts).
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { toSafeJson } from '../../runtime/escape.ts';
import { certify, type Asked, type Issued, type Rooms } from './cycle.ts';
import { createGate } from './gate.ts';
import { describeIssuance } from './record.ts';

export interface Issuer {
  /** As `certify`; refuses ISSUE_BUSY too. */
  issue(asked: Asked): Promise<Outcome<Issued>>;
}

export interface IssuerDeps {
  readonly rooms: Rooms;
  readonly metrics: Pick<Metrics, 'counter' | 'histogram'>;
  /** Takes one JSON line without its line end. */
  readonly write: (line: string) => void;
}

/** More at once hold the event loop for half a second; the rest waits, and beyond that is told to come back. */
const BOUNDS = { inProgress: 32, waiting: 1024 } as const;
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** An issuer over the rooms of the cycle. */
export function createIssuer({ rooms, metrics, write }: IssuerDeps): Issuer {
  const gate = createGate(BOUNDS);
  const issued = metrics.counter('cleat_ca_issued_total', 'Requests for a certificate, by their end.', [
    'attestor',
    'result',
  ]);
  const seconds = metrics.histogram(
    'cleat_ca_issue_seconds',
    'Time from a request for a certificate to its answer.',
    SECONDS,
  );
  return {
    async issue(asked) {
      const begin = rooms.clock.monotonic();
      const outcome = await gate.run(() => certify(asked, rooms));
      seconds.observe((rooms.clock.monotonic() - begin) / 1000);
      issued.add([asked.evidence.kind, resultOf(outcome)]);
      if (outcome.ok && !outcome.value.isRepeat) {
        const time = new Date(rooms.clock.now()).toISOString();
        write(toSafeJson({ time, kind: 'issuance', ...describeIssuance(outcome.value.record) }));
      }
      return outcome;
    },
  };
}

function resultOf(outcome: Outcome<Issued>): string {
  if (!outcome.ok) return outcome.refusal.code;
  return outcome.value.isRepeat ? 'repeated' : 'issued';
}
