/**
 * Bounds what callers have begun to say and not ended, before any method hears of it: for how long, how many at once on a
 * listener, in how many pieces. All of it is memory that somebody without a name can take, so the oldest goes first: an
 * honest request has come whole before many others have begun.
 */
import { constants, type Http2Session, type ServerHttp2Stream } from 'node:http2';

import { ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor } from '@grpc/grpc-js';

import type { Code } from '../../core/fault/catalog.ts';
import type { Milliseconds } from '../../core/time/units.ts';
import { streamOf } from './connection.ts';
import { statusOf } from './statuses.ts';

export interface UnfinishedBounds {
  /** Requests in progress of being received, of all connections of the listener. */
  readonly unfinished: number;
  /** Time from the head of a request to its end. */
  readonly receive: Milliseconds;
}

/** A piece costs more than its bytes: a request of 40,000 pieces of one byte would hold megabytes. */
const PIECES_MOST = 256;

/** An interceptor for one listener. It ends a call with LIMIT_TIMEOUT (too slow), LIMIT_REQUESTS (too many at once; the
 *  oldest, or one in too many pieces), and closes its stream, so that nothing of it is kept; at the second time it ends the
 *  connection, which would go on with the next call. */
export function boundUnfinished({ unfinished, receive }: UnfinishedBounds): ServerInterceptor {
  /** Oldest first. */
  const begun = new Set<(code: Code) => void>();
  const warned = new WeakSet<Http2Session>();
  return (_method, call) => {
    const stream = streamOf(call);
    // Without its stream a call has no bound, and is not served.
    if (stream === undefined) call.sendStatus(statusOf({ code: 'BUG_UNEXPECTED' }));
    else begun.add(watch(call, stream));
    const [oldest] = begun;
    if (begun.size > unfinished) oldest?.('LIMIT_REQUESTS');
    return new ServerInterceptingCall(call);
  };

  function watch(call: ServerInterceptingCallInterface, stream: ServerHttp2Stream): (code: Code) => void {
    let pieces = 0;
    const finish = (): void => {
      clearTimeout(timer);
      begun.delete(end);
    };
    const end = (code: Code): void => {
      finish();
      const { session } = stream;
      if (session !== undefined && warned.has(session)) {
        session.destroy();
        return;
      }
      if (session !== undefined) warned.add(session);
      call.sendStatus(statusOf({ code }));
      stream.close(constants.NGHTTP2_NO_ERROR);
    };
    const timer = setTimeout(end, receive, 'LIMIT_TIMEOUT').unref();
    stream.once('end', finish).once('close', finish);
    stream.on('data', () => {
      pieces += 1;
      if (pieces > PIECES_MOST) end('LIMIT_REQUESTS');
    });
    return end;
  }
}
