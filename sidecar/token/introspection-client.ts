/** As whom this sidecar asks an introspection endpoint: by the certificate of the workload, or by a client secret. */
import { demand, Fault } from '../../core/fault/fault.ts';
import { readSecretFile } from '../../runtime/secret-file.ts';
import { clientContextOptions } from '../../runtime/tls-options.ts';
import type { IntrospectionClient } from '../../runtime/token/introspection.ts';
import type { Snapshot } from '../credentials/snapshot.ts';

/** The section `introspection` of an issuer entry, as far as it says who asks. */
export interface IntrospectionIdentity {
  readonly client: 'mtls' | 'secret';
  readonly id?: string | undefined;
  readonly secretFile?: string | undefined;
}

/** Gives the client as it is now: certificates are renewed, secrets replaced.
 *  Throws: CONFIG_FILE | CONFIG_PERMISSION (the secret), RENEW_EXPIRED (no certificate is held). */
export async function introspectionClient(
  { client, id, secretFile }: IntrospectionIdentity,
  credentials: { current(): Snapshot | undefined },
): Promise<IntrospectionClient> {
  if (client === 'secret') {
    return { kind: 'secret', id: id ?? '', secret: demand(await readSecretFile(secretFile ?? '')) };
  }
  const own = credentials.current();
  if (own === undefined) throw new Fault('RENEW_EXPIRED', 'no certificate is held');
  const { key, cert } = clientContextOptions(own);
  return { kind: 'mtls', id: id ?? own.id.uri, identity: { key, cert } };
}
