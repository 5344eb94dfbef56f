/**
 * Units as types: a number that carries its unit cannot be handed to the wrong parameter.
 * The makers below are the only door; they refuse nothing but what is not a number at all.
 */
declare const unit: unique symbol;
type Branded<Name extends string> = number & { readonly [unit]: Name };

/** Whole seconds since 1970-01-01T00:00:00Z, the resolution of X.509 (RFC 5280 section 4.1.2.5) and of JWT NumericDate. */
export type EpochSeconds = Branded<'epoch seconds'>;
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMilliseconds = Branded<'epoch milliseconds'>;
/** A span of time in milliseconds. */
export type Milliseconds = Branded<'milliseconds'>;
/** A span of time in whole seconds. */
export type Seconds = Branded<'seconds'>;
/** A size in bytes. */
export type ByteCount = Branded<'bytes'>;

export const epochSeconds = (value: number): EpochSeconds => Math.floor(value) as EpochSeconds;
export const epochMilliseconds = (value: number): EpochMilliseconds => value as EpochMilliseconds;
export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
export const seconds = (value: number): Seconds => value as Seconds;
export const byteCount = (value: number): ByteCount => value as ByteCount;

/** The second that holds this instant; X.509 and JWT compare whole seconds. */
export const wholeSeconds = (instant: EpochMilliseconds): EpochSeconds => epochSeconds(instant / 1000);
export const toMilliseconds = (span: Seconds): Milliseconds => milliseconds(span * 1000);
export const toSeconds = (span: Milliseconds): Seconds => seconds(Math.floor(span / 1000));
