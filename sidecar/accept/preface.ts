/**
 * What is looked at before a connection is TLS or plaintext: the PROXY header where one is due, and the first byte where
 * both are served. What was read goes back in front of what follows. Bounded in time by its caller, in bytes by itself.
 */
import type { Socket } from 'node:net';

import type { Outcome, Refusal } from '../../core/fault/refusal.ts';
import type { Endpoint } from './connection.ts';
import { readProxyHeader } from './proxy-protocol.ts';

/** The content type of a handshake record (RFC 8446 section 5.1). */
const HANDSHAKE = 0x16;

export interface PrefaceWants {
  /** The client's address comes in a PROXY header. */
  readonly proxy: boolean;
  /** Plaintext is served too. */
  readonly sniff: boolean;
}

export interface PrefaceSinks {
  /** `source`: what the PROXY header said. */
  onTls(source: Endpoint | undefined): void;
  onPlain(source: Endpoint | undefined): void;
  /** It is not what is due; the socket is for the caller to close. */
  onRefused(refusal: Refusal): void;
}

/** Reads what is due and then lets go of the socket, which has all other bytes still to give. */
export function readPreface(socket: Socket, { proxy, sniff }: PrefaceWants, sinks: PrefaceSinks): void {
  let held = Buffer.alloc(0);
  let source: Endpoint | undefined;
  let isProxyDue = proxy;

  /** False: more is needed. */
  function look(): boolean {
    if (isProxyDue) {
      const header: Outcome<{ length: number; source: Endpoint | undefined } | undefined> = readProxyHeader(held);
      if (!header.ok) {
        sinks.onRefused(header.refusal);
        return true;
      }
      if (header.value === undefined) return false;
      isProxyDue = false;
      ({ source } = header.value);
      held = held.subarray(header.value.length);
    }
    if (!sniff) {
      giveBack();
      sinks.onTls(source);
      return true;
    }
    if (held.length === 0) return false;
    const isTls = held[0] === HANDSHAKE;
    giveBack();
    if (isTls) sinks.onTls(source);
    else sinks.onPlain(source);
    return true;
  }

  function giveBack(): void {
    if (held.length > 0) socket.unshift(held);
  }

  function onReadable(): void {
    for (let part = socket.read() as Buffer | null; part !== null; part = socket.read() as Buffer | null) {
      held = Buffer.concat([held, part]);
      if (isDone(look())) return;
    }
  }

  function isDone(done: boolean): boolean {
    if (done) socket.off('readable', onReadable);
    return done;
  }

  socket.on('readable', onReadable);
}
