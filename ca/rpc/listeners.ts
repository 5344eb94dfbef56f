/** The two gRPC listeners over the serving certificate, and their rotation with it. */
import { formatAddress, type Address } from '../../runtime/config/address.ts';
import type { AdminHandler } from '../../runtime/grpc/admin-methods.ts';
import { createCaServers, type CaServers } from '../../runtime/grpc/ca-server.ts';
import type { BootstrapHandlers, MeshHandlers } from '../../runtime/grpc/messages.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { ServingIdentity } from '../trust/serving.ts';

export interface ListenersDeps {
  readonly listen: { readonly bootstrap: Address; readonly mesh: Address };
  readonly serving: Pick<ServingIdentity, 'current' | 'subscribe'>;
  readonly bootstrap: BootstrapHandlers;
  readonly mesh: MeshHandlers;
  readonly admin: AdminHandler;
  readonly log: Log;
}

/** Made at start, when there is a certificate to serve with. `start` throws LIFE_PORT. */
export function createListeners({ listen, serving, bootstrap, mesh, admin, log }: ListenersDeps): Service {
  let servers: CaServers | undefined;
  let rotation: Disposable | undefined;
  return {
    name: 'grpc',
    async start(signal) {
      const made = createCaServers({
        bootstrap: { address: formatAddress(listen.bootstrap), handlers: bootstrap },
        mesh: { address: formatAddress(listen.mesh), handlers: mesh, admin },
        tls: serving.current,
        log,
      });
      servers = made;
      await made.start(signal);
      rotation = serving.subscribe((identity) => made.rotate(identity));
    },
    async drain(deadline) {
      await servers?.drain(deadline);
    },
    async [Symbol.asyncDispose]() {
      rotation?.[Symbol.dispose]();
      await servers?.[Symbol.asyncDispose]();
    },
  };
}
