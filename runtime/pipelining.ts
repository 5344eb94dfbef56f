/**
 * No pipelining: a client that sends a request before it has the answer to the last one gets the answers to those that were begun,
 * with `Connection: close`, and the connection ends; what came after is not looked at, and safe to send again. Node stops its
 * parser where many answers wait, and then takes what is still read for a broken request (HPE_PAUSED).
 * Spec: RFC 9112 section 9.3.2.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Passes on each request but those that were pipelined. */
export function refusePipelining(answer: RequestListener): RequestListener {
  const latest = new WeakMap<Socket, ServerResponse>();
  const ending = new WeakSet<Socket>();
  return (request, response) => {
    const { socket } = request;
    if (ending.has(socket)) return;
    const before = latest.get(socket);
    if (before !== undefined && !before.writableFinished) {
      ending.add(socket);
      // The one whose head is still to be written says that it is the last.
      const last = before.headersSent ? response : before;
      last.shouldKeepAlive = false;
      if (last === before) return;
    }
    latest.set(socket, response);
    answer(request, response);
  };
}
