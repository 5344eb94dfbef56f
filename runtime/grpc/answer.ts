/**
 * One wrapper round every gRPC method that we serve. Whatever happens inside, the caller gets exactly one status and
 * the process lives: an `async` method that throws would be an unhandled rejection, and its caller would wait for his
 * deadline. Outward goes the public text of the table only; the detail and the stack go to the log, once.
 */
import { constants } from 'node:http2';

import type { handleServerStreamingCall, handleUnaryCall, ServerWritableStream } from '@grpc/grpc-js';

import { Fault } from '../../core/fault/fault.ts';
import type { Outcome } from '../../core/fault/refusal.ts';
import type { CallLog } from './call-log.ts';
import { createConnectionReader, streamOf, type Connection, type ConnectionReader } from './connection.ts';
import { statusOf } from './statuses.ts';

/** For how long the end of a stream waits for its reader. */
const UNREAD_MS = 1000;

/** What a method may know of its call. */
export interface Caller<Request> extends Connection {
  readonly request: Request;
}

/** A unary method from a function that answers or refuses. Methods of one server share a reader of connections. */
export function unary<Request, Response>(
  log: CallLog,
  run: (caller: Caller<Request>) => Promise<Outcome<Response>>,
  read: ConnectionReader = createConnectionReader(),
): handleUnaryCall<Request, Response> {
  return (call, reply) => {
    void settle(log, call.getPath(), () => run({ request: call.request, ...read(call) })).then((outcome) =>
      outcome.ok ? reply(null, outcome.value) : reply(statusOf(outcome.refusal)),
    );
  };
}

/** What one stream writes next on the way to this state; undefined when its reader has been told all of it. */
export type Tell<State, Response> = (state: State) => Response | undefined;

export interface Streaming<State, Response> {
  readonly log: CallLog;
  /** Ends the streams. */
  readonly ending: AbortSignal;
  readonly read?: ConnectionReader;
  /** Called once a stream: what was told before is the stream's own. */
  readonly begin: () => Tell<State, Response>;
}

/** A stream of states, told message by message. A slow reader costs one message: the next is made when he has taken it,
 *  from the newest state there is then. `run` gets a signal that aborts when the caller goes or `ending` does; the stream
 *  ends when `run` returns. */
export function stream<Request, State, Response>(
  { log, ending, begin: tell, read = createConnectionReader() }: Streaming<State, Response>,
  run: (caller: Caller<Request>, send: (state: State) => void, signal: AbortSignal) => Promise<Outcome<void>>,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const gone = new AbortController();
    call.once('cancelled', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, ending]);
    const begin = (): Promise<Outcome<void>> =>
      run({ request: call.request, ...read(call) }, newestOnly(call, tell()), signal);
    void settle(log, call.getPath(), begin).then((outcome) => {
      gone.abort();
      closeUnread(call);
      if (outcome.ok) call.end();
      else call.emit('error', statusOf(outcome.refusal));
    });
  };
}

/** The end of a stream waits behind what its reader has not taken, which would keep it for as long as he likes. */
function closeUnread(call: object): void {
  const stream = streamOf(call);
  const timer = setTimeout(() => stream?.close(constants.NGHTTP2_CANCEL), UNREAD_MS).unref();
  stream?.once('close', () => clearTimeout(timer));
}

/** Never rejects. A refusal is logged at its level, breakage as an error. */
async function settle<T>(log: CallLog, method: string, run: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    const outcome = await run();
    if (!outcome.ok) log.refused(method, outcome.refusal);
    return outcome;
  } catch (thrown) {
    log.broke(method, thrown);
    const { code, detail } = Fault.from(thrown);
    return { ok: false, refusal: { code, detail } };
  }
}

function newestOnly<Request, State, Response>(
  call: ServerWritableStream<Request, Response>,
  tell: Tell<State, Response>,
): (state: State) => void {
  let newest: { readonly state: State } | undefined;
  let blocked = false;
  const pump = (): void => {
    while (newest !== undefined && !blocked && !call.cancelled && !call.writableEnded) {
      const message = tell(newest.state);
      if (message === undefined) newest = undefined;
      else blocked = !call.write(message);
    }
  };
  call.on('drain', () => {
    blocked = false;
    pump();
  });
  return (state) => {
    newest = { state };
    pump();
  };
}
