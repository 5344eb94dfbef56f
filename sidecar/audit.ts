/**
 * The audit stream of a sidecar, where its configuration has one: a line for each decision, admitted ones too, and each policy
 * that was adopted. What a line holds is what the record of the request holds.
 */
import type { Clock } from '../core/time/clock.ts';
import type { AuditStream } from '../runtime/audit/audit.ts';
import { createAuditFile } from '../runtime/audit/file.ts';
import type { Facts } from '../runtime/audit/line.ts';
import { createAuditOutput } from '../runtime/audit/standard-output.ts';
import type { Log } from '../runtime/log.ts';
import type { SidecarConfig } from './config.ts';
import type { ExchangeRecord } from './forward/forwarding.ts';
import { type RequestNote, requestMembers } from './record.ts';

export interface SidecarAuditDeps {
  readonly config: Pick<SidecarConfig, 'audit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes whole lines with their line ends. */
  readonly write: (text: string) => void;
  readonly onHealth: (sound: boolean) => void;
}

/** Undefined where none is configured. Not yet started. */
export function createSidecarAudit({
  config: { audit },
  clock,
  log,
  write,
  onHealth,
}: SidecarAuditDeps): AuditStream | undefined {
  if (audit === undefined) return undefined;
  const { file, onFailure } = audit;
  if (file.kind === 'stdout') return createAuditOutput({ write: (line) => write(`${line}\n`), clock, onHealth });
  // Nobody else remembers where the chain ended.
  const remembered = async (): Promise<undefined> => undefined;
  return createAuditFile({ path: file.path, onFailure, remembered, clock, log, onHealth });
}

/** The facts of one decision. Lists become text: an audit line is flat. Pure. */
export function auditFacts(exchange: ExchangeRecord<RequestNote>): Facts {
  const entries = Object.entries(requestMembers(exchange));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'object' ? value.join(' ') : value] as const),
  );
}
