/**
 * What the data path and those who decide say to each other, once a request. Types only.
 * `Note` is what the decider wants to find again in the record of the request: the data path carries it unread.
 */
import type { Outcome, Refusal } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { EpochMilliseconds, Milliseconds } from '../../core/time/units.ts';
import type { Field, RequestHead } from '../http/request.ts';
import type { ResponseHead } from '../http/response.ts';
import type { UpstreamPool } from './upstream.ts';

/** Where an admitted request goes, and the head that is sent there. */
export interface Forwarding {
  readonly upstream: UpstreamPool;
  /** The complete head from `writeRequestHead`, as latin1, with the framing of the head that was judged. */
  readonly head: string;
  /** What is added to the head of the final answer, in the place of the app's fields of these names. */
  readonly answerFields?: readonly Field[] | undefined;
  /** When what admitted the request runs out, and what happens then to what is still under way. */
  readonly expiry?: Expiry | undefined;
  /** Looks at the head of the final answer before the client sees any of it. Undefined where the answer stands; else what
   *  to send instead, once, if the request can still be sent a second time. */
  readonly review?: ((answer: ResponseHead) => SecondTry | undefined) | undefined;
}

export interface Expiry {
  readonly at: EpochMilliseconds;
  /** `finish`: it goes on; `end`: it is ended with TOKEN_EXPIRED. Undefined: upgrades and event streams end, all else goes on. */
  readonly onExpiry: 'finish' | 'end' | undefined;
}

/** Gives what is sent instead, on a new connection. */
export type SecondTry = () => Promise<Outcome<Forwarding>>;

/** An `Outcome<Forwarding>` with the decider's note on both sides. */
export type Decision<Note> =
  | { readonly ok: true; readonly value: Forwarding; readonly note: Note }
  | { readonly ok: false; readonly refusal: Refusal; readonly note: Note };

/** A request that is answered here and never forwarded. */
export type LocalAnswer<Note> =
  | { readonly ok: true; readonly value: LocalDocument; readonly note: Note }
  | { readonly ok: false; readonly refusal: Refusal; readonly note: Note };

export interface LocalDocument {
  /** Its media type. */
  readonly type: string;
  readonly body: Buffer;
}

/** Judges one request. No byte of its body is read before it said yes. A throw is answered as BUG_UNEXPECTED. */
export type Decide<Note> = (head: RequestHead) => Decision<Note> | Promise<Decision<Note>>;

/** A field of an answer that we write ourselves: a challenge, a request id. */
export interface AnswerField {
  readonly name: string;
  readonly value: string;
}

/** One request, told once at its end. */
export interface ExchangeRecord<Note> {
  /** Undefined where the head was refused before it could be read. */
  readonly method: string | undefined;
  /** Without the query. */
  readonly path: string | undefined;
  /** What the client was sent; 0 where it was sent nothing. */
  readonly status: number;
  /** Why it was not served, or why it broke off after the head of the answer. */
  readonly refusal: Refusal | undefined;
  /** False where the connection ended before the answer was complete. */
  readonly complete: boolean;
  /** It was sent a second time: a safe one because the app had closed the pooled connection, or any whose token the
   *  upstream would not take. */
  readonly retried: boolean;
  /** Body bytes that were read from the client, without framing. */
  readonly bytesIn: number;
  /** Body bytes that were written to the client, without framing. */
  readonly bytesOut: number;
  /** When its head was complete. */
  readonly startedAt: EpochMilliseconds;
  /** From then to the decision. */
  readonly decided: Milliseconds;
  /** From then to the head of the app's answer; undefined where there was none. */
  readonly firstByte: Milliseconds | undefined;
  /** From then to the end. */
  readonly duration: Milliseconds;
  /** Who proved to be upstream; undefined on plain streams, and where none was reached. */
  readonly upstreamPeer: Peer | undefined;
  /** Undefined where it was refused before it was judged. */
  readonly note: Note | undefined;
}

/** What a connection is doing. */
export interface UnderWay<Note> {
  /** Of the request that has its turn; undefined where there is none, or none that could be read. */
  readonly head: RequestHead | undefined;
  /** Of the request that has its turn; undefined where there is none, or none that was judged. */
  readonly note: Note | undefined;
  /** Who is upstream of it; undefined on plain streams and where none was reached. */
  readonly upstreamPeer: Peer | undefined;
}

/** Those who judge and record the requests of one connection. */
export interface ConnectionRooms<Note> {
  readonly decide: Decide<Note>;
  /** What is answered here, asked before `decide`; undefined for what is not. */
  answerHere?(head: RequestHead): LocalAnswer<Note> | undefined;
  /** Called once for each request, at its end. Must not throw. */
  onDone(record: ExchangeRecord<Note>): void;
  /** Why what is under way may not go on, once something was revoked; undefined where it may. */
  recheck(underWay: UnderWay<Note>): Refusal | undefined;
  /** Fields to add to the answer of a refusal: `WWW-Authenticate`, `Retry-After`, a request id. Visible ASCII only. */
  challenge(refusal: Refusal, note: Note | undefined): readonly AnswerField[];
}
