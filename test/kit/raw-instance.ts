/**
 * One workload instance without a sidecar, for scenarios: it renews when it is told to, and keeps what a sidecar would
 * forget, so that old tokens can be shown with new certificates and the other way round.
 */
import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type ClientIdentity, parseClientIdentity } from '../../cli/client-identity.ts';
import { readCredentials } from '../../cli/credential-folder.ts';
import { requestJoinToken } from '../../cli/join-token.ts';
import { TRUST_DOMAIN } from '../../cli/up/configs.ts';
import type { Layout } from '../../cli/up/layout.ts';
import { demand } from '../../core/fault/fault.ts';
import type { Outcome } from '../../core/fault/refusal.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { openMesh } from '../../runtime/grpc/ca-client.ts';
import type { IssuedCertificate, MintRequest } from '../../runtime/grpc/messages.ts';
import { runBundle } from './bundle.ts';
import { testKey } from './x509.ts';

/** One certificate of the instance, and the token that was minted for it. */
export interface RawGeneration {
  readonly identity: ClientIdentity;
  /** Secret. */
  readonly token: string;
}

export interface RawInstance extends Disposable {
  current(): RawGeneration;
  /** Asks for a successor of the current certificate, and goes on as if the answer had been lost. */
  ask(key: KeyObject): Promise<Outcome<IssuedCertificate>>;
  /** A new key, the next certificate of the lineage and a token for it. Throws what the CA refuses. */
  renew(key?: KeyObject): Promise<RawGeneration>;
}

/** Attests a new instance of the workload at `path` by a join token. Every generation mints what `request` says. */
export async function startRawInstance(layout: Layout, path: string, request: MintRequest): Promise<RawInstance> {
  const mesh = `localhost:${layout.ports.mesh}`;
  const clientOf = (identity: ClientIdentity) => openMesh({ addresses: [mesh], caId: identity.caId, identity });
  let identity = await enrol(layout, path);
  let client = clientOf(identity);
  const mint = async (): Promise<RawGeneration> => ({ identity, token: demand(await client.mint(request)).token });
  let current = await mint();
  return {
    current: () => current,
    ask: (key) => client.renew({ csr: writeCsr(key), ttl: undefined }),
    async renew(key = testKey()) {
      const { chain } = demand(await client.renew({ csr: writeCsr(key), ttl: undefined }));
      client.close();
      identity = { ...identity, key, chain, leaf: demand(parseCertificate(chain[0] ?? Buffer.alloc(0))) };
      client = clientOf(identity);
      current = await mint();
      return current;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

async function enrol(layout: Layout, path: string): Promise<ClientIdentity> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-raw-'));
  try {
    const evidence = join(folder, 'join-token');
    const dir = join(folder, 'credentials');
    const { token } = await requestJoinToken(layout.caControl, { path, dnsNames: [], ttl: undefined });
    await writeFile(evidence, `${token}\n`, { mode: 0o600 });
    const options = {
      'trust-domain': TRUST_DOMAIN,
      ca: `localhost:${layout.ports.bootstrap}`,
      mesh: `localhost:${layout.ports.mesh}`,
      evidence,
      dir,
    };
    const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    const { code, err } = await runBundle('cleat.cjs', ['credential', ...args, '--once']);
    if (code !== 0) throw new Error(err);
    return parseClientIdentity(await readCredentials(dir));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
