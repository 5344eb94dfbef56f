/**
 * Free ports for processes that need to know each other's before they start. Taken below the range from which kernels pick
 * ports for outgoing connections, so that none of those can take one in between.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

import { Fault } from '../../core/fault/fault.ts';

const LOWEST = 20_000;
const HIGHEST = 31_999;
const MOST_TRIES = 200;

/** Gives `count` different ports on which nobody listens on loopback. */
export async function findPorts(count: number): Promise<readonly number[]> {
  const held: { readonly port: number; readonly server: Server }[] = [];
  try {
    for (let tries = 0; held.length < count; tries += 1) {
      if (tries === MOST_TRIES)
        throw new Fault('LIFE_PORT', `no ${count} free ports from ${LOWEST} to ${HIGHEST} on 127.0.0.1`);
      const port = randomInt(LOWEST, HIGHEST + 1);
      const server = await hold(port);
      if (server !== undefined) held.push({ port, server });
    }
    return held.map(({ port }) => port);
  } finally {
    await Promise.all(held.map(({ server }) => once(server.close(), 'close')));
  }
}

async function hold(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return server;
  } catch {
    return undefined;
  }
}
