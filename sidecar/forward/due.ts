/**
 * What is due for a request by now: nothing, or its end, because a token ran out or a wait was too long. Pure: it is given
 * times and looks at no clock. Whoever asks does it at each tick, so every limit is kept to within one tick.
 */
import type { Code } from '../../core/fault/catalog.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import { type EpochMilliseconds, milliseconds } from '../../core/time/units.ts';
import type { TimeLimits } from '../http/limits.ts';
import type { Expiry } from './forwarding.ts';

/** Where the request stands. */
export interface Progress {
  readonly now: EpochMilliseconds;
  /** Since something moved. */
  readonly idle: number;
  /** Since its head was complete. */
  readonly elapsed: number;
  readonly expiry: Expiry | undefined;
  /** Undefined before the request goes to the app. */
  readonly relay: RelayProgress | undefined;
  /** Undefined where nothing was upgraded. */
  readonly tunnel: { readonly isEnding: boolean } | undefined;
}

export interface RelayProgress {
  readonly isEventStream: boolean;
  /** All of the request has been read. */
  readonly isRequestDone: boolean;
  /** Whose fault it is that nothing moved for so long; undefined while that is still in order. */
  overdue(idle: number, times: TimeLimits): Code | undefined;
}

/** `end`: what may not go on is ended in order; `cut`: it is cut, for no fault to tell; `fail`: what was asked for did not come. */
export type Due =
  | { readonly how: 'end' | 'fail'; readonly refusal: Refusal }
  | { readonly how: 'cut'; readonly refusal: undefined };

/** How long a tunnel that has to end may wait for the end of a frame. */
const ENDING = milliseconds(1_000);

/** What is due; undefined: nothing. */
export function dueOf(progress: Progress, times: TimeLimits): Due | undefined {
  const { tunnel, relay, idle, elapsed } = progress;
  const isStream = tunnel !== undefined || relay?.isEventStream === true;
  if (isExpired(progress, isStream)) return END_OF_TOKEN;
  if (tunnel !== undefined) return idle > (tunnel.isEnding ? ENDING : times.tunnelIdle) ? CUT : undefined;
  if (!isStream && times.total !== undefined && elapsed > times.total) {
    const code = relay?.isRequestDone === false ? 'LIMIT_TIMEOUT' : 'UPSTREAM_TIMEOUT';
    return fail(code, `request and answer took more than ${times.total} ms`);
  }
  if (relay === undefined)
    return idle > times.firstByte ? fail('UPSTREAM_TIMEOUT', 'no decision or connection in time') : undefined;
  const code = relay.overdue(idle, times);
  return code && fail(code, `nothing moved for ${Math.round(idle)} ms`);
}

const CUT: Due = Object.freeze({ how: 'cut', refusal: undefined });
const END_OF_TOKEN: Due = Object.freeze({
  how: 'end',
  refusal: Object.freeze({ code: 'TOKEN_EXPIRED', detail: 'the token ended while the answer was under way' }),
});

const fail = (code: Code, detail: string): Due => ({ how: 'fail', refusal: { code, detail } });

function isExpired({ expiry, tunnel, now }: Progress, isStream: boolean): boolean {
  if (expiry === undefined || tunnel?.isEnding === true || now < expiry.at) return false;
  return (expiry.onExpiry ?? (isStream ? 'end' : 'finish')) === 'end';
}
