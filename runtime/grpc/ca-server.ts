/**
 * The CA's two gRPC listeners: `bootstrap` (TLS with a server certificate only) and `mesh` (mutual TLS). Owns their
 * life and their TLS; what they serve is in `methods.ts`.
 * The leaf that a mesh method gets was verified against the roots at the handshake: whether it is still valid, and
 * whose it is, its callee must judge at each call.
 */
import type { Milliseconds } from '../../core/time/units.ts';
import type { Service } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import { mutualServerOptions, plainServerOptions, type TlsIdentity } from '../tls-options.ts';
import { createCallLog } from './call-log.ts';
import { BOOTSTRAP_LIMITS, createListener, MESH_LIMITS, type Listener } from './listener.ts';
import { serveAdmin, type AdminHandler } from './admin-methods.ts';
import type { BootstrapHandlers, MeshHandlers } from './messages.ts';
import { serveBootstrap, serveMesh } from './methods.ts';
import { RotatingCredentials } from './rotating-credentials.ts';

export interface CaServersDeps {
  /** `address` is `host:port`, an IPv6 host in brackets; port 0: any free one. */
  readonly bootstrap: { readonly address: string; readonly handlers: BootstrapHandlers };
  readonly mesh: { readonly address: string; readonly handlers: MeshHandlers; readonly admin: AdminHandler };
  /** The serving identity at start: key, chain without the root, and the roots that clients must chain to. */
  readonly tls: () => TlsIdentity;
  readonly log: Log;
}

export interface CaServers extends Service {
  /** New handshakes get this identity and these roots; open connections live on. Throws if key and chain differ, and
   *  keeps the old identity then. */
  rotate(identity: TlsIdentity): void;
  /** Where they listen; ports are known once it has started. */
  addresses(): { readonly bootstrap: string; readonly mesh: string };
}

/** Both listeners as one service. `start` throws LIFE_PORT if an address cannot be bound; nothing stays open then. */
export function createCaServers(deps: CaServersDeps): CaServers {
  const { log, bootstrap, mesh } = deps;
  const calls = createCallLog(log);
  const ending = new AbortController();
  const first = deps.tls();
  const plain = new RotatingCredentials(plainServerOptions(first));
  const mutual = new RotatingCredentials(mutualServerOptions(first));
  const listeners: { readonly bootstrap: Listener; readonly mesh: Listener } = {
    bootstrap: createListener({
      address: bootstrap.address,
      credentials: plain,
      limits: BOOTSTRAP_LIMITS,
      serve: (server) => serveBootstrap(server, bootstrap.handlers, calls),
    }),
    mesh: createListener({
      address: mesh.address,
      credentials: mutual,
      limits: MESH_LIMITS,
      serve: (server) => [
        ...serveMesh(server, mesh.handlers, { log: calls, ending: ending.signal }),
        ...serveAdmin(server, mesh.admin, calls),
      ],
    }),
  };
  const close = (): void => {
    ending.abort();
    listeners.bootstrap.close();
    listeners.mesh.close();
    calls.close();
  };

  return {
    name: 'ca-servers',
    async start(signal: AbortSignal) {
      signal.throwIfAborted();
      try {
        await listeners.bootstrap.start();
        await listeners.mesh.start();
      } catch (cause) {
        close();
        throw cause;
      }
      log.info('serving', { bootstrap: listeners.bootstrap.address(), mesh: listeners.mesh.address() });
    },
    async drain(deadline: Milliseconds) {
      ending.abort();
      await Promise.all([listeners.bootstrap.drain(deadline), listeners.mesh.drain(deadline)]);
      calls.close();
    },
    rotate(identity) {
      // Both or none: the second pair is made before the first is swapped.
      const next = { plain: plainServerOptions(identity), mutual: mutualServerOptions(identity) };
      plain.rotate(next.plain);
      mutual.rotate(next.mutual);
    },
    addresses: () => ({ bootstrap: listeners.bootstrap.address(), mesh: listeners.mesh.address() }),
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}
