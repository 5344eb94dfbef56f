/**
 * From a snapshot to TLS options: what inbound serves with and egress connects with. Nothing else in the sidecar makes
 * them, and nothing swaps a context but `replaceServerContext`. The rules themselves: `runtime/tls-options.ts`.
 */
import type { SecureContextOptions, Server, TlsOptions } from 'node:tls';

import { clientContextOptions, mutualServerOptions } from '../../runtime/tls-options.ts';
import type { Snapshot } from '../credentials/snapshot.ts';

/** For `tls.createServer`: TLS 1.3, client certificate demanded and verified against the snapshot's roots, no tickets. */
export function serverTlsOptions(snapshot: Snapshot): TlsOptions {
  return mutualServerOptions(snapshot);
}

/** For `tls.createSecureContext` of a client that shows the snapshot's certificate. Whoever connects must set
 *  `checkServerIdentity` (see `checkUpstream`), must not pass a `session`, and sets `servername` on purpose. */
export function clientTlsOptions(snapshot: Snapshot): SecureContextOptions {
  return clientContextOptions(snapshot);
}

/** New handshakes get the new snapshot; open connections live on. All options are given again: `setSecureContext` takes
 *  TLS 1.2 and tickets back in when it is given key, certificate and roots only. */
export function replaceServerContext(server: Server, snapshot: Snapshot): void {
  server.setSecureContext(serverTlsOptions(snapshot));
}
