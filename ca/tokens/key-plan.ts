/**
 * When a key that signs tokens begins, gives way and goes. A new one is published before it signs, for longer than a verifier
 * may keep what it fetched; an old one stays published until the last token that it signed is over. So nobody refuses a
 * token for a rotation. Only a key that others may have goes at once, with all that it signed. Pure.
 */
import { seconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';

/** What is known of one key beside the key itself. */
export interface KeyLife {
  /** `kid`. */
  readonly id: string;
  readonly publishedAt: EpochSeconds;
  /** Undefined: it does not sign yet. */
  readonly signsFrom: EpochSeconds | undefined;
  /** Undefined: it does not sign yet, or still does. */
  readonly retiredAt: EpochSeconds | undefined;
}

/** What is to be done now. */
export type KeyStep = 'prepare' | 'activate' | 'replace' | { readonly drop: string };

export interface KeyTerms {
  /** Undefined: never by age. */
  readonly rotateAfter: Seconds | undefined;
  /** Somebody asked for a new key: `soon` once it was published for long enough; `now` at once and instead of all there are, since
   *  whoever has read one of them may have read them all. */
  readonly wish: 'none' | 'soon' | 'now';
  readonly now: EpochSeconds;
}

/** The key set says `max-age=300`; a verifier without that comes again within 10 minutes. */
const PUBLISHED_BEFORE = seconds(660);
/** The most that `tokens.ttl` can be set to, and what a verifier's clock may be off. */
export const RETIRED_FOR = seconds(3600 + 60);

/** The steps in their order; none where nothing is due. They never lead to more than eight keys. `lives` in the order in which they were published. */
export function planKeys(lives: readonly KeyLife[], terms: KeyTerms): readonly KeyStep[] {
  const { wish, now } = terms;
  if (wish === 'now') return ['replace'];
  const rotateAfter = terms.rotateAfter ?? Number.POSITIVE_INFINITY;
  const drops = lives
    .filter(({ retiredAt }) => retiredAt !== undefined && now >= retiredAt + RETIRED_FOR)
    .map(({ id }): KeyStep => ({ drop: id }));
  const signing = signingOf(lives);
  const next = lives.find(({ signsFrom }) => signsFrom === undefined);
  if (signing?.signsFrom === undefined)
    return [...(next === undefined ? (['prepare'] as const) : []), 'activate', ...drops];
  const age = now - signing.signsFrom;
  const isDue = wish === 'soon' || age >= rotateAfter;
  // Published in time to sign when the other one is due.
  const isNear = age >= rotateAfter - PUBLISHED_BEFORE;
  const steps: KeyStep[] = next === undefined && (isDue || isNear) ? ['prepare'] : [];
  const publishedFor = next === undefined ? 0 : now - next.publishedAt;
  // Not asked again whether it is due: a next key is made only where it is, and a restart forgets who asked.
  if (publishedFor >= PUBLISHED_BEFORE) steps.push('activate');
  return [...steps, ...drops];
}

/** The key that signs: the youngest that began and did not retire. */
export const signingOf = (lives: readonly KeyLife[]): KeyLife | undefined =>
  lives.findLast(({ signsFrom, retiredAt }) => signsFrom !== undefined && retiredAt === undefined);
