/**
 * The trust state on the wire: what one `Watch` stream is told, message by message, and how its reader puts the whole
 * state together again. A message is encoded once for all streams that have heard the same before it.
 * Form and limits: `proto/cleat/ca/v1/ca.proto`. Decides nothing about trust.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Revocation } from '../../core/identity/revocation.ts';
import { readBundle, writeBundle } from './answers.ts';
import type { Tell } from './answer.ts';
import type { WatchResponse, WatchResponse__Output } from './gen/cleat/ca/v1/WatchResponse.ts';
import type { TrustState } from './messages.ts';
import { readRevocation, writeRevocation } from './revocation-messages.ts';

/** Entries of one message: with the longest of all kinds it stays below the 1 MiB that a reader takes. */
const ENTRIES_MOST = 256;
/** Live entries of one state, ended ones that nobody swept included; a stream with more must begin anew. */
const STATE_MOST = 32_768;
/** Messages that are kept encoded: streams differ only in how far they are. */
const ENCODED_MOST = 128;

export interface TrustWriter {
  /** For one stream. */
  begin(): Tell<TrustState, Buffer>;
}

/** `encode` is the serialiser of the generated message. */
export function createTrustWriter(encode: (message: WatchResponse) => Buffer): TrustWriter {
  let encodedFor: TrustState | undefined;
  const encoded = new Map<string, Buffer>();

  function encodedOnce(state: TrustState, told: Told): Buffer {
    if (encodedFor !== state || encoded.size >= ENCODED_MOST) encoded.clear();
    encodedFor = state;
    const key = `${told.isFirst} ${told.generation}`;
    const known = encoded.get(key) ?? encode(writeNext(state, told));
    encoded.set(key, known);
    return known;
  }

  return {
    begin() {
      let told: Told = { isFirst: true, bundle: 0, generation: 0 };
      return (state) => {
        const { bundle, revocations } = state;
        if (!told.isFirst && told.bundle === bundle.generation && told.generation === revocations.generation)
          return undefined;
        const message = encodedOnce(state, told);
        told = { isFirst: false, bundle: bundle.generation, generation: nextGeneration(state, told) };
        return message;
      };
    },
  };
}

/** What a stream has been told so far. */
interface Told {
  readonly isFirst: boolean;
  readonly bundle: number;
  /** Of the revocations. */
  readonly generation: number;
}

function writeNext({ bundle, revocations }: TrustState, told: Told): WatchResponse {
  const rest = restOf(revocations.entries, told);
  const entries = rest.slice(0, ENTRIES_MOST);
  const more = rest.length > entries.length;
  return {
    bundle: writeBundle(bundle),
    revocations: {
      generation: more ? (entries.at(-1)?.generation ?? 0) : revocations.generation,
      whole: told.isFirst,
      more,
      entries: entries.map(writeRevocation),
    },
  };
}

function nextGeneration({ revocations }: TrustState, told: Told): number {
  const rest = restOf(revocations.entries, told);
  return rest.length > ENTRIES_MOST ? (rest[ENTRIES_MOST - 1]?.generation ?? 0) : revocations.generation;
}

/** The entries are in the order of their generations: the new ones are the last. */
function restOf(entries: readonly Revocation[], { generation }: Told): readonly Revocation[] {
  const before = entries.findLastIndex((entry) => entry.generation <= generation);
  return entries.slice(before + 1);
}

export interface TrustReader {
  /** The state once it is complete; undefined while more is to come.
   *  Refuses: RENEW_ANSWER for a malformed message, and for one that adds to nothing. */
  read(message: WatchResponse__Output): Outcome<TrustState | undefined>;
}

/** For one stream. */
export function createTrustReader(): TrustReader {
  let entries: readonly Revocation[] | undefined;
  return {
    read(message) {
      const bundle = readBundle(message.bundle);
      if (!bundle.ok) return bundle;
      const { revocations } = message;
      if (revocations === null) return refuse('RENEW_ANSWER', 'no revocations in the answer');
      if (!Number.isSafeInteger(revocations.generation))
        return refuse('RENEW_ANSWER', 'the generation of the revocations is out of range');
      if (!revocations.whole && entries === undefined)
        return refuse('RENEW_ANSWER', 'the stream does not begin with all revocations');
      const known = revocations.whole ? [] : (entries ?? []);
      if (revocations.entries.length > ENTRIES_MOST || known.length + revocations.entries.length > STATE_MOST)
        return refuse('RENEW_ANSWER', `more than ${ENTRIES_MOST} revocations at once or ${STATE_MOST} in all`);
      const added: Revocation[] = [];
      for (const entry of revocations.entries) {
        const one = readRevocation(entry);
        if (!one.ok) return one;
        added.push(one.value);
      }
      entries = [...known, ...added];
      if (revocations.more) return admit(undefined);
      return admit({ bundle: bundle.value, revocations: { generation: revocations.generation, entries } });
    },
  };
}
