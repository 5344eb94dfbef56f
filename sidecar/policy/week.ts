/** Times of the week in one time zone, such as office hours. Pure: the zone data is that of the process. */
import type { EpochSeconds } from '../../core/time/units.ts';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export type Day = (typeof DAYS)[number];

export interface WeekTimes {
  /** Absent: every day. */
  readonly days?: readonly Day[] | undefined;
  /** Minutes since midnight, inclusive. */
  readonly from: number;
  /** Minutes since midnight, exclusive; 1440 is the end of the day. */
  readonly to: number;
  /** IANA name. */
  readonly zone: string;
}

export interface Times {
  holds(now: EpochSeconds): boolean;
}

/** Whether it is one of these times. Throws `RangeError` for a zone that is not known: the configuration table refuses it first. */
export function createTimes(windows: readonly WeekTimes[]): Times {
  const clocks = windows.map((window) => ({ window, read: createReader(window.zone) }));
  return {
    holds: (now) =>
      clocks.some(({ window: { days, from, to }, read }) => {
        const { day, minute } = read(now);
        return (days?.includes(day) ?? true) && minute >= from && minute < to;
      }),
  };
}

/** True if the process knows the zone. */
export function isZone(zone: string): boolean {
  try {
    createReader(zone);
    return true;
  } catch {
    return false;
  }
}

interface Moment {
  readonly day: Day;
  readonly minute: number;
}

function createReader(timeZone: string): (now: EpochSeconds) => Moment {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (now) => {
    const parts = Object.fromEntries(format.formatToParts(now * 1000).map(({ type, value }) => [type, value]));
    const day = DAYS.find((name) => name === parts['weekday']?.toLowerCase());
    if (day === undefined) throw new TypeError('a day without a name');
    return { day, minute: Number(parts['hour']) * 60 + Number(parts['minute']) };
  };
}
