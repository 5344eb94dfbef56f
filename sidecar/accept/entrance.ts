/**
 * The way of a connection from its accept to TLS or to plaintext: what has to come first is read, and handshakes begin a
 * few in each turn of the loop. It knows nobody, and closes nothing.
 */
import type { Networks } from '../../core/identity/network.ts';
import type { Refusal } from '../../core/fault/refusal.ts';
import type { Handshake } from './handshakes.ts';
import { readPreface } from './preface.ts';
import { createTurnstile } from './turnstile.ts';

export interface EntranceDeps {
  /** Where balancers are that send a PROXY header; undefined: nowhere. */
  readonly proxies: Networks | undefined;
  /** Plaintext is served too. */
  readonly sniff: boolean;
  readonly handshakesPerTurn: number;
  /** Its handshake may begin; the socket may be gone by now. */
  onTls(handshake: Handshake): void;
  onPlain(handshake: Handshake): void;
  /** It began with something else: PEER_PROTOCOL. */
  onRefused(handshake: Handshake, refusal: Refusal): void;
}

export interface Entrance {
  enter(handshake: Handshake): void;
  /** No handshake begins any more. */
  close(): void;
}

/** Nobody waits in it yet. */
export function createEntrance(deps: EntranceDeps): Entrance {
  const turnstile = createTurnstile<Handshake>(deps.handshakesPerTurn, (handshake) => deps.onTls(handshake));
  return {
    enter(handshake) {
      const proxy = deps.proxies?.holds(handshake.remote.host) === true;
      if (!proxy && !deps.sniff) {
        turnstile.push(handshake);
        return;
      }
      const { socket } = handshake;
      // TLS has an ear of its own for errors; until then it is this one.
      socket.on('error', () => undefined);
      readPreface(
        socket,
        { proxy, sniff: deps.sniff },
        {
          onTls(source) {
            handshake.source = source;
            turnstile.push(handshake);
          },
          onPlain(source) {
            handshake.source = source;
            deps.onPlain(handshake);
          },
          onRefused: (refusal) => deps.onRefused(handshake, refusal),
        },
      );
    },
    close: () => turnstile.close(),
  };
}
