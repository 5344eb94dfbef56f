/**
 * `npm run -s soak -- [--minutes N] [--rotations N]`: mixed traffic through a sidecar whose certificate is replaced every two
 * seconds, for so long, or until there were so many rotations. Prints what was lost, the slope of its memory with a 95 %
 * interval after the warm-up, and its descriptors. Exit 1 if a request was lost, or memory grew for sure.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { WebSocketServer } from 'ws';

import { encodePem } from '../../core/x509/pem.ts';
import { callControl } from '../../runtime/control-call.ts';
import { type LoneSidecar, startLoneSidecar } from '../kit/lone-sidecar.ts';
import { issueTestLeaf } from '../kit/x509.ts';
import { inBatches, slopeOf } from './slope.ts';
import { driveTraffic } from './traffic.ts';

const ROTATION_MS = 2_000;
const SAMPLE_MS = 1_000;
/** Of the samples, the first share is the warm-up. */
const WARM_UP = 0.25;
const BATCH = 30;
/** Growth that no one has to look for: MiB an hour (the figure F-20 of longer runs is 0.5). */
const NOISE = 2;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, rotations: { type: 'string', default: '1000000' } },
});
const [minutes, rotations] = [Number(values.minutes), Number(values.rotations)];
if (!(minutes > 0) || !(rotations > 0)) {
  console.error('usage: npm run -s soak -- [--minutes N] [--rotations N]');
  process.exitCode = 2;
} else {
  process.exitCode = await soak();
}

async function soak(): Promise<number> {
  const app = createServer((asked, answer) => {
    asked.resume().on('end', () => answer.end(asked.url === '/large' ? Buffer.alloc(1_048_576) : 'small'));
  });
  const echo = new WebSocketServer({ server: app });
  echo.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const { port: appPort } = app.address() as AddressInfo;
  await using sidecar = await startLoneSidecar({ appPort, config: { log: { admittedSample: 0 } } });
  const end = new AbortController();
  const begin = performance.now();
  const traffic = driveTraffic(sidecar, end.signal);
  const memory: (readonly [hours: number, mib: number])[] = [];
  const descriptors: number[] = [];
  let rotated = 0;
  let sampled = begin;
  for (let next = begin; performance.now() - begin < minutes * 60_000 && rotated < rotations; ) {
    await pause(100);
    if (performance.now() - next >= ROTATION_MS) {
      next = performance.now();
      rotate(sidecar);
      rotated += 1;
    }
    if (performance.now() - sampled < SAMPLE_MS) continue;
    sampled = performance.now();
    memory.push([(sampled - begin) / 3_600_000, residentMiB(sidecar.pid)]);
    descriptors.push(readdirSync(`/proc/${sidecar.pid}/fd`).length);
  }
  end.abort();
  const { served, lost } = await traffic;
  const adopted = await generationOf(sidecar);
  echo.close();
  app.closeAllConnections();
  app.close();
  const warm = Math.floor(memory.length * WARM_UP);
  const { value, margin } = slopeOf(
    inBatches(memory.slice(warm), Math.min(BATCH, Math.max(1, Math.floor((memory.length - warm) / 10)))),
  );
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const spread = (of: readonly number[]): string => `${Math.min(...of)} to ${Math.max(...of)}`;
  for (const one of lost.slice(0, 20)) console.log(`lost: ${one}`);
  console.log(
    [
      `${lost.length} lost of ${served + lost.length} requests, ${rotated} rotations written, ${adopted} adopted`,
      `memory: ${value.toFixed(1)} +- ${margin.toFixed(1)} MiB/h (95 %), ${spread(memory.slice(warm).map(([, mib]) => Math.round(mib)))} MiB`,
      `descriptors: ${spread(descriptors.slice(warm))}`,
      `Node ${process.version}, ${((performance.now() - begin) / 60_000).toFixed(1)} minutes, commit ${commit}`,
    ].join('\n'),
  );
  return lost.length > 0 || value - margin > NOISE ? 1 : 0;
}

/** A new certificate and key, each written whole; the sidecar takes them once both are there. */
function rotate({ folder, authority }: LoneSidecar): void {
  const leaf = issueTestLeaf(authority, { path: '/ns/shop/sa/payments' });
  const put = (name: string, text: string): void => {
    writeFileSync(join(folder, `${name}.new`), text, { mode: 0o600 });
    renameSync(join(folder, `${name}.new`), join(folder, name));
  };
  put('server.key', leaf.key.export({ type: 'pkcs8', format: 'pem' }).toString());
  put('server.pem', encodePem('CERTIFICATE', leaf.der));
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

async function generationOf({ folder }: LoneSidecar): Promise<number> {
  const found = await callControl({ path: join(folder, 'run', 'sidecar.sock'), verb: 'status', body: {} });
  const { credentials } = (found.ok ? found.value : {}) as { readonly credentials?: { readonly generation: number } };
  return (credentials?.generation ?? 0) - 1;
}
