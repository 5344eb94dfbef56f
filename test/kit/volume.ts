/**
 * A folder that is filled as the kubelet fills a volume: each state in a directory of its own, `..data` renamed over, the
 * files links through it. For whoever must live with that.
 */
import { chmod, mkdir, mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { encodePem } from '../../core/x509/pem.ts';
import { createTestAuthority, issueTestLeaf, type LeafOptions, type TestAuthority, type TestLeaf } from './x509.ts';

/** Content of files by their names. */
export type Contents = Readonly<Record<string, string>>;

export interface Volume extends AsyncDisposable {
  readonly folder: string;
  path(name: string): string;
  /** All files change at once, in three steps that others see one by one. The key is 0640, as with an fsGroup. */
  swap(contents: Contents): Promise<void>;
}

/** An empty folder: nothing was ever written. */
export async function createVolume(): Promise<Volume> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-volume-'));
  let generation = 0;
  return {
    folder,
    path: (name) => join(folder, name),
    async swap(contents) {
      generation += 1;
      const before = await readlink(join(folder, '..data')).catch(() => undefined);
      const state = `..2026_${generation}`;
      await mkdir(join(folder, state));
      for (const [name, content] of Object.entries(contents)) {
        await writeFile(join(folder, state, name), content);
        await chmod(join(folder, state, name), 0o640);
      }
      await symlink(state, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
      for (const name of Object.keys(contents))
        await symlink(`..data/${name}`, join(folder, name)).catch(() => undefined);
      if (before !== undefined) await rm(join(folder, before), { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What somebody else's issuer writes: names as cert-manager has them. */
export function credentialContents(authority: TestAuthority, leaf: TestLeaf): Contents {
  return {
    'tls.key': keyPem(leaf),
    'tls.crt': encodePem('CERTIFICATE', leaf.der),
    'ca.crt': encodePem('CERTIFICATE', authority.der),
  };
}

/** A new leaf under the authority (default: a new one), written out. */
export function issueContents(options: LeafOptions = {}, authority = createTestAuthority()): Contents {
  return credentialContents(authority, issueTestLeaf(authority, options));
}

/** The paths of such a volume, as `credentials.files` wants them. */
export function pathsIn(folder: string): {
  readonly key: string;
  readonly certificate: string;
  readonly bundle: string;
} {
  return { key: join(folder, 'tls.key'), certificate: join(folder, 'tls.crt'), bundle: join(folder, 'ca.crt') };
}

/** PKCS#8. Secret, if it were a real one. */
export function keyPem({ key }: TestLeaf): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
