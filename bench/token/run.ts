/**
 * `npm run bench -- token`: what the check of a bound token adds to a request, what a client that never repeats a token can
 * cost, and what a token costs at the token endpoint. Interleaved rounds; a ratio is taken within each round.
 */
import { cpuOf } from '../cpu.ts';
import type { Row } from '../report.ts';
import { spreadOf } from '../statistics.ts';
import type { Report } from './load.ts';
import { setTokenScene, type TokenScene } from './scene.ts';

export interface TokenRunOptions {
  readonly rounds: number;
  readonly say: (line: string) => void;
}

const CONNECTIONS = 16;
const REQUESTS = 20_000;
const REQUEST_BYTES = 1024;
const WARM_UP = 20_000;
const STRANGE_TOKENS = 1500;
/** `limits.newTokensBurst`, and what comes back in the second that it may take. */
const MISSES_MOST = 250;
const FLOOR_TOKENS = 2000;
const TOKENS = 3000;

/** The whole run. */
export async function benchToken({ rounds, say }: TokenRunOptions): Promise<readonly Row[]> {
  await using scene = await setTokenScene();
  const token = await scene.stage.token(scene.holder, { audience: 'payments', scopes: ['payments.read'] });
  const port = scene.stage.layout.ports.payments;
  const cases = {
    free: requestsOf('/free', `x-padding: ${'p'.repeat(token.length + 2)}`),
    bound: requestsOf('/bound', `authorization: Bearer ${token}`),
  };
  const run = async (requests: readonly string[], count: number): Promise<number> => {
    const before = cpuOf(scene.sidecar);
    demandAll(await scene.load({ port, connections: CONNECTIONS, requests, count }), '200');
    return ((cpuOf(scene.sidecar) - before) * 1000) / count;
  };
  say('warming up');
  await run(cases.free, WARM_UP);
  await run(cases.bound, WARM_UP);
  const free: number[] = [];
  const bound: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`memo, round ${round}`);
    free.push(await run(cases.free, REQUESTS));
    bound.push(await run(cases.bound, REQUESTS));
  }
  const hits = free.map((cpu, place) => (bound[place] ?? Number.NaN) / cpu);
  return [
    { name: '1 KiB request, no token asked', unit: 'CPU us', spread: spreadOf(free) },
    { name: '1 KiB request, bound token remembered', unit: 'CPU us', spread: spreadOf(bound) },
    { name: 'remembered token / no token', unit: 'ratio', spread: spreadOf(hits), bar: { kind: 'most', value: 1.05 } },
    ...(await strangeRows(scene, say)),
    ...(await endpointRows(scene, { rounds, say })),
  ];
}

/** Tokens by `client_credentials` over mutual TLS, against signing alone. */
async function endpointRows(scene: TokenScene, { rounds, say }: TokenRunOptions): Promise<readonly Row[]> {
  const form = 'grant_type=client_credentials&audience=payments&scope=payments.read';
  const lines = [
    'POST /token HTTP/1.1',
    'host: localhost',
    'content-type: application/x-www-form-urlencoded',
    `content-length: ${form.length}`,
  ];
  const requests = [`${lines.join('\r\n')}\r\n\r\n${form}`];
  const port = scene.stage.layout.ports.https;
  const rates: number[] = [];
  const costs: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    say(`token endpoint, round ${round}`);
    const before = cpuOf(scene.ca);
    const report = await scene.load({ port, connections: CONNECTIONS, requests, count: TOKENS });
    demandAll(report, '200');
    // The first round warms up.
    if (round === 0) continue;
    costs.push((cpuOf(scene.ca) - before) / TOKENS);
    rates.push(TOKENS / report.seconds);
    floors.push(Number(await scene.floor.ask(FLOOR_TOKENS)));
  }
  return [
    { name: 'token endpoint, client_credentials by certificate', unit: '1/s', spread: spreadOf(rates) },
    { name: 'the same', unit: 'CPU ms', spread: spreadOf(costs) },
    { name: 'bare jose, sign ES256', unit: 'CPU ms', spread: spreadOf(floors) },
    {
      name: 'token endpoint / bare jose',
      unit: 'ratio',
      spread: spreadOf(costs.map((cost, place) => cost / (floors[place] ?? Number.NaN))),
    },
  ];
}

/** One connection that shows a new token in each request, as fast as it can. */
async function strangeRows(scene: TokenScene, say: (line: string) => void): Promise<readonly Row[]> {
  say('tokens that were never seen');
  const tokens: string[] = [];
  const thumbprint = scene.holder.leaf.thumbprint.toString('base64url');
  while (tokens.length < STRANGE_TOKENS)
    tokens.push(
      await scene.stage.partnerToken({ audience: 'payments', subject: scene.holder.id.uri, scopes: [], thumbprint }),
    );
  const requests = tokens.map((token) => requestOf('/bound', `authorization: Bearer ${token}`, 0));
  const before = cpuOf(scene.sidecar);
  const port = scene.stage.layout.ports.payments;
  const report = await scene.load({ port, connections: 1, requests, count: STRANGE_TOKENS });
  const used = cpuOf(scene.sidecar) - before;
  const verified = report.statuses['200'] ?? 0;
  const single = (value: number) => spreadOf([value]);
  return [
    {
      name: '1,500 new tokens at once on one connection: verified',
      unit: 'count',
      spread: single(verified),
      bar: { kind: 'most', value: MISSES_MOST },
    },
    {
      name: 'the same: turned away with 429',
      unit: 'count',
      spread: single(report.statuses['429'] ?? 0),
    },
    { name: 'the same: CPU of the sidecar', unit: 'ms', spread: single(used) },
  ];
}

const IDS = 64;

/** The same request with other ids, so that nobody wins by comparing whole requests. */
function requestsOf(path: string, credential: string): readonly string[] {
  return Array.from({ length: IDS }, (_, place) => requestOf(path, credential, place));
}

/** 1 KiB, fields of a usual client included. */
function requestOf(path: string, credential: string, place: number): string {
  const id = place.toString(16).padStart(32, '0');
  const lines = [
    `GET ${path}/orders/${id} HTTP/1.1`,
    'host: localhost',
    'accept: application/json',
    'user-agent: bench/1',
    `traceparent: 00-${id}-00f067aa0ba902b7-01`,
    credential,
  ];
  const bare = `${lines.join('\r\n')}\r\nx-fill: `;
  return `${bare}${'f'.repeat(Math.max(1, REQUEST_BYTES - bare.length - 4))}\r\n\r\n`;
}

function demandAll({ statuses }: Report, status: string): void {
  const other = Object.keys(statuses).filter((found) => found !== status);
  if (other.length > 0) throw new Error(`answers other than ${status}: ${JSON.stringify(statuses)}`);
}
