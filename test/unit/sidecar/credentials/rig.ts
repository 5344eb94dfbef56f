/** A credential source over the kit's CA, with its files in a folder of its own and ears for what it tells. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Clock } from '../../../../core/time/clock.ts';
import { epochMilliseconds } from '../../../../core/time/units.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { createRevocationHolder, type RevocationHolder } from '../../../../sidecar/credentials/revocations.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { createCredentialSource, type CredentialDeps } from '../../../../sidecar/credentials/source.ts';
import type { TestCa } from '../../../kit/grpc-ca.ts';
import { collectLog, type CollectedLog } from '../../../kit/log-lines.ts';

/** The real clock, which a test may set forward or back. */
function movableClock(): Clock & { by: number } {
  const real = systemClock();
  const clock = {
    by: 0,
    now: () => epochMilliseconds(real.now() + clock.by),
    monotonic: () => real.monotonic(),
  };
  return clock;
}

export interface Rig extends AsyncDisposable {
  readonly source: ReturnType<typeof createCredentialSource>;
  readonly revocations: RevocationHolder;
  readonly clock: ReturnType<typeof movableClock>;
  readonly log: CollectedLog;
  readonly told: string[];
  readonly tokenFile: string;
  readonly folder: string;
  metric(name: string): string | undefined;
  /** The next snapshot that is published. */
  next(): Promise<Snapshot>;
  /** The next time that validity is told. */
  validity(): Promise<void>;
}

/** What a source must know of its CA. */
export type RiggedCa = Pick<TestCa, 'caId' | 'bootstrap' | 'mesh' | 'joinToken'>;

/** A source for this CA, with its files in a folder of its own. */
export async function rig(ca: RiggedCa, changed: Partial<CredentialDeps> = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-credentials-'));
  const tokenFile = join(folder, 'join-token');
  await writeFile(tokenFile, `${ca.joinToken}\n`);
  const clock = movableClock();
  const log = collectLog();
  const metrics = createMetrics();
  const revocations = createRevocationHolder({ clock, log: log.log, metrics, isAwaited: true });
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const tell = (what: string): void => {
    told.push(what);
    for (const wake of waiting.splice(0)) wake();
  };
  const source = createCredentialSource({
    caId: ca.caId,
    bootstrap: [ca.bootstrap],
    mesh: [ca.mesh],
    evidence: { kind: 'joinToken', file: tokenFile },
    ttl: undefined,
    clock,
    jitter: () => 0,
    log: log.log,
    metrics,
    revocations,
    onValid: () => tell('valid'),
    onExpired: () => tell('expired'),
    ...changed,
  });
  const made: Rig = {
    source,
    revocations,
    clock,
    log,
    told,
    tokenFile,
    folder,
    metric: (name) =>
      metrics
        .render()
        .split('\n')
        .find((line) => line.startsWith(name) && !line.startsWith('#'))
        ?.slice(name.length + 1),
    next: () =>
      new Promise((resolve) => {
        const subscription = source.subscribe((snapshot) => {
          subscription[Symbol.dispose]();
          resolve(snapshot);
        });
      }),
    validity: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return made;
}

/** An address where nobody listens. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

/** Waits until the CA was told this generation. */
export function acknowledgement(ca: TestCa, generation: number): Promise<void> {
  return new Promise((resolve) => {
    ca.acts.acknowledge = async (leaf, told) => {
      const outcome = await ca.honest.acknowledge(leaf, told);
      if (told.bundle === generation) resolve();
      return outcome;
    };
  });
}
