/** What every way of finding the end of a body has in common. */

export type BodyState = 'open' | 'done' | 'broken';

export interface BodyReader {
  /** Appends the data in `bytes` from `from` on to `into`, as slices; gives the offset behind what belongs to the body. */
  read(bytes: Buffer, from: number, into: Buffer[]): number;
  readonly state: BodyState;
  /** Which rule was broken. */
  readonly problem: string;
}
