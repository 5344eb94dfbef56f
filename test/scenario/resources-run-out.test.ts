/** A sidecar whose descriptors run out, whose app resets, and whose callers do. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { type LoneSidecar, startLoneSidecar } from '../kit/lone-sidecar.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

async function startApp(answer: (socket: Socket, asked: string) => void): Promise<Server & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('data', (bytes: Buffer) => answer(socket, String(bytes)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** What comes first of the answer. */
async function ask(client: TLSSocket, { token }: LoneSidecar, path = '/'): Promise<string> {
  client.write(`GET ${path} HTTP/1.1\r\nHost: payments\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return String(((await once(client, 'data')) as [Buffer])[0]);
}

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Ticks of a hundredth of a second, user and system. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

for (const io of ['public', 'auto'] as const)
  describe(`what runs out, io: ${io}`, function () {
    this.timeout(60_000);

    it('A-541 A-543 serves who is there without descriptors left, does not spin, and takes callers again afterwards', async () => {
      await using app = await startApp((socket) => socket.write(OK));
      await using sidecar = await startLoneSidecar({ appPort: portOf(app), config: { io } });
      const { pid, port } = sidecar;
      const client = await sidecar.connect();
      expect(await ask(client, sidecar)).to.include(' 200 ');
      const most = descriptorsOf(pid) + 8;
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${most}`]);
      const crowd = Array.from({ length: 64 }, () => connectTcp(port, '127.0.0.1').on('error', () => undefined));
      while (descriptorsOf(pid) < most - 1) await pause(10);
      const before = ticksOf(pid);
      for (let count = 0; count < 10; count += 1) {
        expect(await ask(client, sidecar)).to.include(' 200 ');
        await pause(100);
      }
      // A second has passed: a process that spins has used a hundred.
      expect(ticksOf(pid) - before).to.be.below(50);
      for (const one of crowd) one.destroy();
      while (descriptorsOf(pid) >= most - 1) await pause(10);
      const late = await sidecar.connect();
      expect(await ask(late, sidecar)).to.include(' 200 ');
      late.destroy();
      client.destroy();
    });

    it('A-549 A-546 answers 502 where the app resets before it answers, and cuts where it does so afterwards', async () => {
      await using app = await startApp((socket, asked) => {
        if (asked.startsWith('GET /now')) socket.resetAndDestroy();
        else if (asked.startsWith('GET /later'))
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.resetAndDestroy());
        else socket.write(OK);
      });
      await using sidecar = await startLoneSidecar({ appPort: portOf(app), config: { io } });
      const client = await sidecar.connect();
      expect(await ask(client, sidecar, '/now')).to.include(' 502 ');
      expect(await ask(client, sidecar)).to.include(' 200 ');
      const ended = once(client, 'close');
      expect(await ask(client, sidecar, '/later')).to.match(/ 200 [^]*half$/);
      await ended;
    });

    it('A-555 serves on after callers that reset within the handshake', async () => {
      await using app = await startApp((socket) => socket.write(OK));
      await using sidecar = await startLoneSidecar({ appPort: portOf(app), config: { io } });
      const before = descriptorsOf(sidecar.pid);
      for (let count = 0; count < 200; count += 1) {
        const rude = connectTcp(sidecar.port, '127.0.0.1').on('error', () => undefined);
        await once(rude, 'connect');
        // The first half of a record that says it is a handshake.
        if (count % 2 === 0) rude.write(Buffer.from([22, 3, 1, 1, 0, 1]));
        rude.resetAndDestroy();
      }
      const client = await sidecar.connect();
      expect(await ask(client, sidecar)).to.include(' 200 ');
      client.destroy();
      expect(descriptorsOf(sidecar.pid) - before).to.be.below(10);
    });
  });
