/**
 * `grpc.health.v1.Health` for one server: the whole server (`""`) and its services share one state.
 * `grpc-health-check` reads a .proto from its package folder at import, which a bundled process has not, and keeps an
 * entry for each service name that a stranger watches.
 */
import { status, type Server, type ServerWritableStream } from '@grpc/grpc-js';

import type { HealthHandlers } from './gen/grpc/health/v1/Health.ts';
import type { HealthCheckRequest__Output } from './gen/grpc/health/v1/HealthCheckRequest.ts';
import type { HealthCheckResponse } from './gen/grpc/health/v1/HealthCheckResponse.ts';
import { WIRE } from './wire.ts';

type Watcher = ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>;

export interface Health {
  /** Tells all watchers. */
  set(serving: boolean): void;
  /** Ends the streams of all watchers. */
  end(): void;
}

/** Adds the service to a server. Not serving until it is told so. */
export function addHealth(server: Server, services: readonly string[]): Health {
  const known = new Set(['', ...services]);
  const watchers = new Set<Watcher>();
  let serving = false;
  const state = (): HealthCheckResponse => ({ status: serving ? 'SERVING' : 'NOT_SERVING' });

  const methods: HealthHandlers = {
    Check: (call, reply) => {
      if (known.has(call.request.service)) reply(null, state());
      else reply({ code: status.NOT_FOUND, details: 'unknown service' });
    },
    List: (_call, reply) => reply(null, { statuses: Object.fromEntries([...known].map((name) => [name, state()])) }),
    Watch: (call) => {
      if (!known.has(call.request.service)) {
        // The protocol keeps this stream open: the service could come. Ours are fixed, so nobody has to remember it.
        call.write({ status: 'SERVICE_UNKNOWN' });
        return;
      }
      watchers.add(call);
      const forget = (): boolean => watchers.delete(call);
      call.once('cancelled', forget).once('close', forget);
      call.write(state());
    },
  };
  server.addService(WIRE.grpc.health.v1.Health.service, methods);

  return {
    set(next) {
      serving = next;
      for (const watcher of watchers) watcher.write(state());
    },
    end() {
      for (const watcher of watchers) watcher.end();
    },
  };
}
