/**
 * Server credentials of grpc-js whose certificate and trust can be replaced while connections live. New handshakes get
 * the new ones; open connections do not notice. `experimental.createCertificateProviderServerCredentials` is not used:
 * it loses our TLS rules at the first update.
 */
import { createSecureContext, type TlsOptions } from 'node:tls';

import { ServerCredentials } from '@grpc/grpc-js';

/** Half of what this overrides is internal to grpc-js: its version is exact, and a test rotates. */
export class RotatingCredentials extends ServerCredentials {
  constructor(options: TlsOptions) {
    super(options, options);
  }

  /** Replaces all TLS options. Throws what OpenSSL says of an unusable pair, and keeps the old options then: grpc-js
   *  itself would drop every new connection from here on. */
  rotate(options: TlsOptions): void {
    createSecureContext(options);
    this.updateSecureContextOptions(options);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
