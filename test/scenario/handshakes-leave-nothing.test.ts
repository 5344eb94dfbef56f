/** What a mutual handshake leaves behind in the Node that runs this: 24.21.0 kept 5 KiB of each (ADR 19). */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:tls';

import { expect } from 'chai';

import type { HandshakeServer } from '../kit/handshake-server.ts';

const PROGRAM = new URL('../kit/handshake-server.ts', import.meta.url);
const ROUND = 1_000;
const AT_ONCE = 8;
/** Until the allocator has what it needs. */
const WARM_UP = 9;
const COUNTED = 3;

async function shakeHands({ port, ...identity }: HandshakeServer): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, ...identity, checkServerIdentity: () => undefined });
  socket.resume();
  await once(socket, 'close');
  expect(socket.authorized).to.equal(true);
}

async function round(server: HandshakeServer): Promise<void> {
  const some = async (): Promise<void> => {
    for (let left = ROUND / AT_ONCE; left > 0; left -= 1) await shakeHands(server);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
}

async function residentBytes(child: ChildProcess): Promise<number> {
  child.send('measure');
  return ((await once(child, 'message')) as [number])[0];
}

describe('handshakes leave nothing behind', function () {
  this.timeout(120_000);

  it('A-564 keeps less than a client certificate of each', async () => {
    const child = fork(PROGRAM, [], { execArgv: ['--expose-gc'] });
    try {
      const server = ((await once(child, 'message')) as [HandshakeServer])[0];
      const sizes: number[] = [];
      for (let count = 0; count <= WARM_UP + COUNTED; count += 1) {
        // Collected after each round: what piles up in between stays with the allocator.
        sizes.push(await residentBytes(child));
        await round(server);
      }
      const each = ((sizes.at(-1) ?? 0) - (sizes.at(-1 - COUNTED) ?? 0)) / (COUNTED * ROUND);
      expect(each).to.be.below(2_048);
    } finally {
      child.kill();
    }
  });
});
