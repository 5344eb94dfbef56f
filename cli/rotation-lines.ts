/** Where a root rotation stands, in lines for people. Pure. */
import { Fault } from '../core/fault/fault.ts';
import type { HeldUpBy, RotationStatus } from '../ca/trust/rotation-status.ts';

/** The lines of a CA's answer to the control verb `rotate`. Throws LIFE_SOCKET for an answer of another form. */
export function describeRotation(answer: unknown): readonly string[] {
  if (!isStatus(answer))
    throw new Fault('LIFE_SOCKET', 'the CA answered with something that is no state of a rotation');
  const { phase, source, bundleGeneration, scheduleIsPaused, authorities, unacknowledged, stillUsed } = answer;
  return [
    `phase: ${phase}`,
    `issuer: ${source}`,
    `bundle: generation ${bundleGeneration}`,
    ...(scheduleIsPaused ? ['schedule: paused by a rollback, until `cleat rotate prepare`'] : []),
    ...authorities.map(
      ({ slot, thumbprint, endsAt, publishedAt }) =>
        `${slot}: ${thumbprint.slice(0, 16)}, ends ${timeOf(endsAt)}, in bundles from generation ${publishedAt}`,
    ),
    `not acknowledged: ${unacknowledged.length}`,
    ...unacknowledged.map(lineOf),
    ...(phase === 'overlap' ? [`still under the last root: ${stillUsed.length}`, ...stillUsed.map(lineOf)] : []),
    `next: ${nextOf(answer)}`,
  ];
}

function nextOf({ phase, source, unacknowledged, stillUsed }: RotationStatus): string {
  if (phase === 'idle') return source === 'files' ? 'put the next issuer into its files' : '`cleat rotate prepare`';
  if (phase === 'prepared')
    return unacknowledged.length === 0
      ? '`cleat rotate activate`'
      : 'mend or end those above, then `cleat rotate activate`';
  return stillUsed.length === 0
    ? '`cleat rotate retire`'
    : 'renew those above (`cleat renew`), then `cleat rotate retire`';
}

function lineOf({ spiffeId, lineageId, serial, runsOn, notAfter }: HeldUpBy): string {
  const heard = runsOn === undefined ? 'not heard of since the start of the CA' : `runs on generation ${runsOn}`;
  return `  ${spiffeId} lineage ${lineageId} serial ${serial} ${heard}, certificate ends ${timeOf(notAfter)}`;
}

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

function isStatus(answer: unknown): answer is RotationStatus {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'phase' in answer &&
    'authorities' in answer &&
    Array.isArray(answer.authorities) &&
    'unacknowledged' in answer &&
    Array.isArray(answer.unacknowledged) &&
    'stillUsed' in answer &&
    Array.isArray(answer.stillUsed)
  );
}
