/**
 * Times of certificates, both ways: UTCTime for 1950 to 2049, GeneralizedTime from 2050, always with seconds and `Z`
 * (RFC 5280 section 4.1.2.5). Never accepts a fraction, an offset or a day that the calendar lacks.
 */
import { epochSeconds, type EpochSeconds } from '../time/units.ts';
import { asciiOf, DerError } from './der-value.ts';
import { TAG, type DerReader } from './der.ts';

const UTC_TIME = /^[0-9]{12}Z$/;
const GENERALIZED_TIME = /^[0-9]{14}Z$/;

/** Gives the next element as a Time of a Validity: the form must be the one that its year demands. Throws a `DerError`. */
export function validityTimeOf(reader: DerReader): EpochSeconds {
  if (!reader.has(TAG.utcTime)) {
    const late = generalizedTimeOf(reader);
    if (late < YEAR_2050) throw new DerError('GeneralizedTime before 2050');
    return late;
  }
  const text = asciiOf(reader.next(TAG.utcTime).content);
  if (!UTC_TIME.test(text)) throw new DerError('UTCTime other than YYMMDDHHMMSSZ');
  return instantOf(`${text < '50' ? '20' : '19'}${text}`);
}

/** Gives the next element as a GeneralizedTime of any year. Throws a `DerError`. */
export function generalizedTimeOf(reader: DerReader): EpochSeconds {
  const text = asciiOf(reader.next(TAG.generalizedTime).content);
  if (!GENERALIZED_TIME.test(text)) throw new DerError('GeneralizedTime other than YYYYMMDDHHMMSSZ');
  return instantOf(text);
}

const YEAR_2050 = Date.UTC(2050, 0, 1) / 1000;

/** `YYYYMMDDHHMMSSZ` to an instant. `Date` turns 30 February into March; writing it again shows that. */
function instantOf(text: string): EpochSeconds {
  const day = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`;
  const date = new Date(`${day}T${text.slice(8, 10)}:${text.slice(10, 12)}:${text.slice(12, 14)}Z`);
  const instant = epochSeconds(date.getTime() / 1000);
  if (Number.isNaN(instant) || formatGeneralizedTime(instant) !== text) throw new DerError('time that no calendar has');
  return instant;
}

/** Gives `YYYYMMDDHHMMSSZ`. */
export function formatGeneralizedTime(instant: EpochSeconds): string {
  const iso = new Date(instant * 1000).toISOString();
  const day = `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}`;
  return `${day}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** Gives tag and text of a Validity's time: `YYMMDDHHMMSSZ` for 1950 to 2049, else the long form. */
export function formatValidityTime(instant: EpochSeconds): { readonly tag: number; readonly text: string } {
  const text = formatGeneralizedTime(instant);
  if (instant >= YEAR_2050) return { tag: TAG.generalizedTime, text };
  return { tag: TAG.utcTime, text: text.slice(2) };
}
