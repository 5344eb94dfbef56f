/** From the text of a credential folder to what TLS and gRPC take. Pure. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

import { Fault, demand } from '../core/fault/fault.ts';
import type { SpiffeId } from '../core/identity/spiffe-id.ts';
import { parseSpiffeId, spiffeIdOf } from '../core/identity/spiffe-id.ts';
import { parseCertificate, type Certificate } from '../core/x509/certificate.ts';
import { decodePem } from '../core/x509/pem.ts';
import type { TlsIdentity } from '../runtime/tls-options.ts';
import type { CredentialFiles } from './credential-folder.ts';

export interface ClientIdentity extends TlsIdentity {
  readonly leaf: Certificate;
  readonly id: SpiffeId;
  /** The CA of the same trust domain. */
  readonly caId: SpiffeId;
}

/** Checks that the parts belong together. Throws CONFIG_INVALID, or the PEER_ code of an unusable certificate. */
export function parseClientIdentity(files: CredentialFiles): ClientIdentity {
  const chain = certificatesOf(files.chain, 'chain.pem');
  const roots = certificatesOf(files.bundle, 'bundle.pem');
  const key = privateKeyOf(files.key);
  const [first] = chain;
  if (first === undefined) throw new Fault('CONFIG_INVALID', 'chain.pem holds no certificate');
  if (!new X509Certificate(first).checkPrivateKey(key))
    throw new Fault('CONFIG_INVALID', 'key.pem is not the key of the certificate in chain.pem');
  const leaf = demand(parseCertificate(first));
  const id = demand(parseSpiffeId(leaf.uriNames[0] ?? ''));
  return { key, chain, roots, leaf, id, caId: demand(spiffeIdOf(id.trustDomain, '/cleat/ca')) };
}

function certificatesOf(text: string, name: string): readonly Buffer[] {
  const blocks = demand(decodePem(text)).filter(({ label }) => label === 'CERTIFICATE');
  if (blocks.length === 0) throw new Fault('CONFIG_INVALID', `${name} holds no certificate`);
  return blocks.map(({ der }) => der);
}

function privateKeyOf(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    throw new Fault('CONFIG_INVALID', 'key.pem holds no private key that can be read', { cause });
  }
}
