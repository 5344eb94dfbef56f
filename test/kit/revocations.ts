/** Revocations for tests: one entry of each kind by hand, and an index of them. */
import {
  indexRevocations,
  type RevocationIndex,
  type RevokedThing,
  type Revocation,
} from '../../core/identity/revocation.ts';
import { epochSeconds } from '../../core/time/units.ts';

/** Ends in a hundred years. */
export function testRevocation(thing: RevokedThing, generation = 1): Revocation {
  const always = { revokedAt: epochSeconds(0), endsAt: epochSeconds(4_900_000_000) };
  return { ...thing, ...always, generation, reason: 'unspecified' };
}

/** Of these things, in the order of their generations. */
export function testRevocations(...things: readonly RevokedThing[]): RevocationIndex {
  const entries = things.map((thing, at) => testRevocation(thing, at + 1));
  return indexRevocations(entries.length, entries);
}
