/**
 * The one door to the issuance cycle: bounds how much goes on and how fast, counts, and writes one record a certificate.
 * Decides nothing about who gets what (see cycle.ts).
 */
import type { Outcome, Refusal } from '../../core/fault/refusal.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { toSafeJson } from '../../runtime/escape.ts';
import { NOBODY, type Source } from './admission.ts';
import { certify, type Asked, type Issued, type Rooms } from './cycle.ts';
import { createForkAlarm } from './fork-alarm.ts';
import { createGate } from './gate.ts';
import { describeIssuance } from './record.ts';
import type { RefusalAudit } from './refusal-audit.ts';

export interface Issuer {
  /** As `certify`; refuses ISSUE_BUSY and LIMIT_ISSUES too, both with a time to come back. */
  issue(asked: Asked): Promise<Outcome<Issued>>;
  /** A request that could not be read: counts as one that was refused for what it holds. Gives that refusal, or LIMIT_ISSUES. */
  malformed(refusal: Refusal, from: Source): Outcome<never>;
}

export interface IssuerDeps {
  readonly rooms: Rooms;
  readonly issuesPerSecond: number;
  readonly metrics: Pick<Metrics, 'counter' | 'gauge' | 'histogram'>;
  readonly refusals: Pick<RefusalAudit, 'note'>;
  readonly log: Log;
  /** Takes one JSON line without its line end. */
  readonly write: (line: string) => void;
}

/** More at once hold the event loop for half a second; the rest waits, and beyond that is told to come back. */
const BOUNDS = { inProgress: 32, perTurn: 8, waiting: 1024 } as const;
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Refusals that are the asker's own doing. A lost race, a fault of ours and an issuer that is away are not. */
const BLAMED = /^(?:CSR|ATTEST)_(?!UNAVAILABLE$)/;

/** An issuer over the rooms of the cycle. */
export function createIssuer(deps: IssuerDeps): Issuer {
  const { rooms, issuesPerSecond, refusals, metrics, write } = deps;
  const { admission, clock } = rooms;
  const alarm = createForkAlarm({ ...deps, audit: rooms.audit });
  const gate = createGate({ ...BOUNDS, perSecond: issuesPerSecond }, clock);
  const issued = metrics.counter('cleat_ca_issued_total', 'Requests for a certificate, by their end.', [
    'attestor',
    'result',
  ]);
  const seconds = metrics.histogram(
    'cleat_ca_issue_seconds',
    'Time from a request for a certificate to its answer.',
    SECONDS,
  );
  const waiting = metrics.gauge('cleat_ca_issue_queue', 'Requests for a certificate that wait for their turn.');

  async function admitted(asked: Asked): Promise<Outcome<Issued>> {
    // The CA's own certificate is nobody's flood: it waits for its turn, and for nothing else.
    if (asked.evidence.kind === 'self') return gate.run('self', () => certify(asked, rooms));
    const source = asked.from ?? NOBODY;
    const entry = admission.arrive(source);
    if (!entry.ok) return entry;
    const outcome = gate.run(`${source.kind} ${source.key}`, () => certify(asked, rooms));
    waiting.set(gate.waiting());
    const end = await outcome;
    waiting.set(gate.waiting());
    if (!end.ok && BLAMED.test(end.refusal.code)) admission.blame(source);
    return end;
  }

  return {
    async issue(asked) {
      const begin = clock.monotonic();
      const outcome = await admitted(asked);
      seconds.observe((clock.monotonic() - begin) / 1000);
      issued.add([asked.evidence.kind, resultOf(outcome)]);
      if (!outcome.ok) {
        refusals.note(asked.evidence.kind, outcome.refusal);
        alarm.hear(outcome.refusal, asked.evidence);
      }
      if (outcome.ok && !outcome.value.isRepeat) {
        const time = new Date(clock.now()).toISOString();
        write(toSafeJson({ time, kind: 'issuance', ...describeIssuance(outcome.value.record) }));
      }
      return outcome;
    },
    malformed(refusal, from) {
      const entry = admission.arrive(from);
      if (entry.ok) admission.blame(from);
      const told = entry.ok ? refusal : entry.refusal;
      issued.add(['unread', told.code]);
      refusals.note('unread', told);
      return { ok: false, refusal: told };
    },
  };
}

function resultOf(outcome: Outcome<Issued>): string {
  if (!outcome.ok) return outcome.refusal.code;
  return outcome.value.isRepeat ? 'repeated' : 'issued';
}
