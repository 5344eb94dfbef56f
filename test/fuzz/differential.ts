/**
 * Our engine and llhttp on the same bytes (attacks.md, P1): whatever we accept, strict llhttp accepts with the same start,
 * fields, body, end and keep-alive. Named rules say where we bring a message into another form before anyone judges it.
 */
import { Llhttp, type Read, type Verdict } from './llhttp.ts';
import { createDice, makeMessage, mutate } from './mutate.ts';
import { createOurs } from './ours.ts';

export type Kind = 'request' | 'response';

export interface Disagreement {
  readonly kind: Kind;
  /** latin1. */
  readonly text: string;
  readonly what: string;
}

export interface Outcome {
  readonly executions: number;
  /** Both accepted the whole message. */
  readonly accepted: number;
  readonly disagreements: readonly Disagreement[];
}

/** Compares on single inputs. */
export function createComparison(kind: Kind): (text: string) => { readonly accepted: boolean; readonly what?: string } {
  const theirs = new Llhttp(kind);
  const ours = createOurs(kind);
  return (text) => {
    const bytes = Buffer.from(text, 'latin1');
    const mine = ours(bytes);
    if (typeof mine === 'string') return { accepted: false };
    const what = difference(mine, theirs.read(bytes), text);
    return what === undefined ? { accepted: true } : { accepted: false, what };
  };
}

/** As many inputs as asked for, from the seed on; at most 100 disagreements are kept. */
export function fuzz(executions: number, seed: number, onProgress: (done: number) => void = () => undefined): Outcome {
  const dice = createDice(seed);
  const compare = { request: createComparison('request'), response: createComparison('response') };
  const disagreements: Disagreement[] = [];
  let accepted = 0;
  for (let done = 0; done < executions; done += 1) {
    const kind: Kind = dice(3) === 0 ? 'response' : 'request';
    const text = mutate(makeMessage(kind, dice), dice);
    const found = compare[kind](text);
    if (found.accepted) accepted += 1;
    if (found.what !== undefined && disagreements.length < 100) disagreements.push({ kind, text, what: found.what });
    if (done % 1_000_000 === 999_999) onProgress(done + 1);
  }
  return { executions, accepted, disagreements };
}

function difference(mine: Read, theirs: Verdict, text: string): string | undefined {
  if (typeof theirs === 'string') return `accepted here, ${theirs} there`;
  // Absolute-form goes on in origin-form.
  const start = theirs.start.replace(/^([A-Z]+) https?:\/\/[^/?]*(?=[/?]|$)/i, (_all, method: string) => `${method} `);
  const same = start === mine.start || start.replace(/ (\?|$)/, ' /$1') === mine.start;
  if (!same) return `start ${mine.start}, there ${theirs.start}`;
  if (mine.fields.join('\n') !== theirs.fields.join('\n'))
    return `fields ${JSON.stringify([mine.fields, theirs.fields])}`;
  if (mine.body !== theirs.body) return `body ${JSON.stringify([mine.body, theirs.body])}`;
  if (mine.end !== theirs.end) return `end ${mine.end}, there ${theirs.end} of ${text.length}`;
  // We close after HTTP/1.0 even where it asks to be kept.
  if (mine.keepAlive && !theirs.keepAlive) return 'kept alive here, not there';
  return undefined;
}
