/**
 * One gRPC server on one TCP port, with TLS that can be replaced while it serves. We own the listening socket and hand
 * connections to grpc-js, because its own bind hides the error code, prints to stderr and has no bound on connections.
 * Knows no method and decides nothing about callers.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { Server, type ServerOptions } from '@grpc/grpc-js';

import { Fault } from '../../core/fault/fault.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';
import { addressKeyOf } from '../address-key.ts';
import { addHealth } from './health.ts';
import { ISSUE_MOST } from './requests.ts';
import type { RotatingCredentials } from './rotating-credentials.ts';
import { boundUnfinished, type UnfinishedBounds } from './unfinished.ts';

/** Bounds of one listener. */
export interface ListenerLimits extends UnfinishedBounds {
  /** Open connections, handshakes in progress included. */
  readonly connections: number;
  /** Of them from one address (of IPv6: its /64), so that one host cannot take them all. */
  readonly connectionsPerAddress: number;
  /** Calls in progress on one connection. */
  readonly streams: number;
  /** Largest message taken, in bytes. */
  readonly messageBytes: number;
  /** Memory that HTTP/2 may take for one connection, in megabytes. */
  readonly sessionMegabytes: number;
  /** A connection without a call is closed after this. */
  readonly idle: Milliseconds;
  /** A connection gets GOAWAY after this, give or take a tenth. */
  readonly age: Milliseconds;
}

/** Where callers are known. A sidecar has one connection: a stream, and some calls beside it. */
export const MESH_LIMITS: ListenerLimits = {
  connections: 16_384,
  connectionsPerAddress: 4096,
  streams: 16,
  messageBytes: 64 * 1024,
  unfinished: 1024,
  receive: milliseconds(5000),
  sessionMegabytes: 10,
  idle: milliseconds(300_000),
  age: milliseconds(1_800_000),
};

/** Where nobody is: one call and good-bye. What is unfinished is 11 MB at most, from however many addresses. */
export const BOOTSTRAP_LIMITS: ListenerLimits = {
  connections: 4096,
  connectionsPerAddress: 256,
  streams: 4,
  messageBytes: ISSUE_MOST,
  unfinished: 256,
  receive: milliseconds(5000),
  sessionMegabytes: 1,
  idle: milliseconds(30_000),
  age: milliseconds(300_000),
};

export interface Listener {
  /** Refuses to start (throws) with LIFE_PORT if the address cannot be bound. */
  start(): Promise<void>;
  /** Host and port as bound; the port of a `:0` is known once it has started. */
  address(): string;
  drain(deadline: Milliseconds): Promise<void>;
  close(): void;
}

export interface ListenerDeps {
  /** `host:port`, an IPv6 host in brackets. Port 0: any free one. */
  readonly address: string;
  readonly credentials: RotatingCredentials;
  readonly limits: ListenerLimits;
  /** Adds the services and gives their full names, for health. */
  readonly serve: (server: Server) => readonly string[];
}

/** A listener that is not bound yet. */
export function createListener({ address, credentials, limits, serve }: ListenerDeps): Listener {
  const server = new Server({ ...serverOptions(limits), interceptors: [boundUnfinished(limits)] });
  const health = addHealth(server, serve(server));
  const entry = server.createConnectionInjector(credentials);
  const sockets = new Set<Socket>();
  const crowd = createCrowd(limits.connectionsPerAddress);
  const port = createServer({ noDelay: true }, (socket) => {
    const leave = crowd.enter(addressKeyOf(socket.remoteAddress ?? ''));
    if (leave === undefined) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      leave();
    });
    // TLS adopts the socket and answers for it from here on; this one is for the time before.
    socket.once('error', () => socket.destroy());
    entry.injectConnection(socket);
  });
  port.maxConnections = limits.connections;
  const close = (): void => {
    port.close();
    server.forceShutdown();
    for (const socket of sockets) socket.destroy();
  };

  return {
    async start() {
      const { host, port: number } = splitAddress(address);
      await new Promise<void>((resolve, reject) => {
        port.once('error', (cause) => reject(portFault(address, cause)));
        port.listen({ host, port: number }, resolve);
      });
      port.removeAllListeners('error');
      health.set(true);
    },
    address() {
      const bound = port.address();
      return isBound(bound) ? joinAddress(bound) : address;
    },
    async drain(deadline) {
      health.set(false);
      health.end();
      // grpc-js says that it is done at once, because these connections are not its own: the port waits for them.
      const ended = new Promise<void>((resolve) => {
        port.close(() => resolve());
      });
      server.tryShutdown(() => undefined);
      await within(deadline, ended);
      close();
    },
    close,
  };
}

/** Counts who is in by key; a key without anyone is forgotten. */
function createCrowd(most: number): { enter(key: string): (() => void) | undefined } {
  const inside = new Map<string, number>();
  return {
    enter(key) {
      const count = inside.get(key) ?? 0;
      if (count >= most) return undefined;
      inside.set(key, count + 1);
      return () => {
        const left = (inside.get(key) ?? 1) - 1;
        if (left > 0) inside.set(key, left);
        else inside.delete(key);
      };
    },
  };
}

function serverOptions(limits: ListenerLimits): ServerOptions {
  return {
    'grpc.max_receive_message_length': limits.messageBytes,
    'grpc.max_concurrent_streams': limits.streams,
    'grpc.max_connection_idle_ms': limits.idle,
    'grpc.max_connection_age_ms': limits.age,
    'grpc.max_connection_age_grace_ms': 10_000,
    // A peer that vanished without a word is found out within 40 s.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // Megabytes; grpc-js would set no bound.
    'grpc-node.max_session_memory': limits.sessionMegabytes,
    'grpc.enable_channelz': 0,
  };
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  const port = Number(address.slice(at + 1));
  const host = address.slice(0, Math.max(at, 0)).replace(/^\[(.*)\]$/, '$1');
  if (host === '' || !/^\d{1,5}$/.test(address.slice(at + 1)) || port > 65_535)
    throw new Fault('LIFE_PORT', `${JSON.stringify(address)} is not host:port`);
  return { host, port };
}

function joinAddress({ address, family, port }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

const isBound = (address: string | AddressInfo | null): address is AddressInfo =>
  address !== null && typeof address !== 'string';

function portFault(address: string, cause: Error & { readonly code?: string }): Fault {
  const reason = cause.code === 'EADDRINUSE' ? 'already in use' : (cause.code ?? cause.message);
  return new Fault('LIFE_PORT', `${address}: ${reason}`, { cause });
}

async function within(deadline: Milliseconds, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadline);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
