/** A call to the sidecar of payments as one of the demo's clients would make it. */
import { demand } from '../../core/fault/fault.ts';
import { spiffeIdOf } from '../../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../../core/identity/trust-domain.ts';
import type { TlsIdentity } from '../../runtime/tls-options.ts';
import { parseClientIdentity } from '../client-identity.ts';
import type { CredentialFiles } from '../credential-folder.ts';
import { call, type Reply } from './client.ts';
import { IDENTITY, TRUST_DOMAIN } from './configs.ts';
import type { Layout } from './layout.ts';

export interface Visit {
  /** With a key: shown to the sidecar. With mere roots: no certificate is shown. */
  readonly identity: TlsIdentity | { readonly roots: readonly Buffer[] };
  /** Secret. */
  readonly token: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request for `/payments` on a connection of its own. Never rejects. */
export function visitPayments({ ports }: Layout, { identity, token, method = 'GET', headers }: Visit): Promise<Reply> {
  return call({
    port: ports.payments,
    server: demand(spiffeIdOf(demand(parseTrustDomain(TRUST_DOMAIN)), IDENTITY.payments)),
    identity,
    method,
    path: '/payments',
    headers: { ...headers, authorization: `Bearer ${token}` },
  });
}

/** The same with what lies in a credential folder. */
export function visitWithFiles(layout: Layout, files: CredentialFiles): Promise<Reply> {
  const token = (files.authorization ?? '').trim().replace(/^Authorization: Bearer /, '');
  return visitPayments(layout, { identity: parseClientIdentity(files), token });
}
