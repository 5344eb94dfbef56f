/** Settings with a unit: times (`15m`) and sizes (`64KiB`). Inside they are branded numbers. */
import type { z } from 'zod';

import { parseDuration } from '../../core/time/duration.ts';
import { byteCount, type ByteCount, type Milliseconds } from '../../core/time/units.ts';
import { type FieldSpec, parsed } from './field.ts';

/** A time from `least` to `most`, both inclusive and written as durations. */
export function duration(
  spec: FieldSpec & { readonly least: string; readonly most: string },
): z.ZodType<Milliseconds, string> {
  const [least, most] = [bound(spec.least, parseDuration), bound(spec.most, parseDuration)];
  return parsed(spec, `a time from ${spec.least} to ${spec.most} with its unit, such as 15m`, (text) => {
    const value = parseDuration(text);
    return value !== undefined && value >= least && value <= most ? value : undefined;
  });
}

/** A size from `least` to `most`, both inclusive and written as sizes. */
export function size(
  spec: FieldSpec & { readonly least: string; readonly most: string },
): z.ZodType<ByteCount, string> {
  const [least, most] = [bound(spec.least, parseSize), bound(spec.most, parseSize)];
  return parsed(spec, `a size from ${spec.least} to ${spec.most} with its unit, such as 64KiB`, (text) => {
    const value = parseSize(text);
    return value !== undefined && value >= least && value <= most ? value : undefined;
  });
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A whole number and a binary unit, no space; undefined for anything else. */
export function parseSize(text: string): ByteCount | undefined {
  const match = /^(0|[1-9][0-9]{0,5})(B|KiB|MiB|GiB)$/.exec(text);
  const unit = match === null ? undefined : UNITS[match[2] ?? ''];
  return match === null || unit === undefined ? undefined : byteCount(Number(match[1]) * unit);
}

/** A bound of a table is our own text: a wrong one is a defect, found when the table is loaded. */
function bound<T>(text: string, parse: (text: string) => T | undefined): T {
  const value = parse(text);
  if (value === undefined) throw new TypeError(`not a bound: ${text}`);
  return value;
}
