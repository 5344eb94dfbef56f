import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { expect } from 'chai';

import { boundConnections, chooseEnded } from '../../../runtime/connection-bound.ts';

async function serve(most: number): Promise<{ readonly server: Server; readonly port: number } & AsyncDisposable> {
  const server = createServer((_request, response) => response.end('ok'));
  boundConnections(server, most);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Connects once the server has it. */
async function arrive({ server, port }: { readonly server: Server; readonly port: number }, from: string) {
  const accepted = once(server, 'connection');
  const socket = connect({ host: '127.0.0.1', port, localAddress: from }).on('error', () => undefined);
  await accepted;
  return socket;
}

async function isAnswered(socket: Socket): Promise<boolean> {
  const heard = new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
    if (socket.closed) resolve(false);
  });
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  return heard;
}

describe('boundConnections()', () => {
  it('A-285 ends the one that did nothing for longest, and lets the newcomer in', async () => {
    await using made = await serve(2);
    const first = await arrive(made, '127.0.0.1');
    const second = await arrive(made, '127.0.0.1');
    expect(await isAnswered(first)).to.equal(true);
    const third = await arrive(made, '127.0.0.1');
    if (!second.closed) await once(second, 'close');
    expect([await isAnswered(first), await isAnswered(third)]).to.deep.equal([true, true]);
    for (const socket of [first, third]) socket.destroy();
  });

  it('A-064 ends one of the address that holds most, whoever comes and whoever is older', async () => {
    await using made = await serve(3);
    const old = await arrive(made, '127.0.0.2');
    const crowd = [await arrive(made, '127.0.0.3'), await arrive(made, '127.0.0.3')];
    const late = await arrive(made, '127.0.0.4');
    expect(await Promise.all([old, ...crowd, late].map((socket) => isAnswered(socket)))).to.deep.equal([
      true,
      false,
      true,
      true,
    ]);
    for (const socket of [old, ...crowd, late]) socket.destroy();
  });

  it('A-064 many addresses with one connection each shut no newcomer out: the one idle for longest goes', async () => {
    await using made = await serve(3);
    const crowd: Socket[] = [];
    for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) crowd.push(await arrive(made, from));
    const [first] = crowd;
    if (first !== undefined) expect(await isAnswered(first)).to.equal(true);
    const late = await arrive(made, '127.0.0.5');
    expect(await isAnswered(late)).to.equal(true);
    expect(await Promise.all(crowd.map((socket) => isAnswered(socket)))).to.deep.equal([true, false, true]);
    for (const socket of [...crowd, late]) socket.destroy();
  });

  it('gives the place of one that has left to another', async () => {
    await using made = await serve(1);
    for (let round = 0; round < 3; round += 1) {
      const left = new Promise((resolve) => {
        made.server.once('connection', (socket) => socket.once('close', resolve));
      });
      const only = await arrive(made, '127.0.0.1');
      expect(await isAnswered(only)).to.equal(true);
      only.destroy();
      await left;
    }
  });
});

describe('chooseEnded()', () => {
  const place = (name: string, address: string, site = address, isVerified = false) => ({
    name,
    address,
    site,
    isVerified,
  });

  it('A-064 ends one of the site that holds most, however many networks that has', () => {
    const quiet = place('quiet', 'b::/64', 'b::/48');
    const sites = ['1', '2', '3'].map((network) => place(network, `a:${network}::/64`, 'a::/48'));
    const newcomer = place('newcomer', 'c::/64', 'c::/48');
    expect(chooseEnded([quiet, ...sites, newcomer])?.name).to.equal('1');
    expect(chooseEnded([quiet, place('0', 'a:3::/64', 'a::/48'), ...sites, newcomer])?.name).to.equal('0');
  });

  it('keeps a connection with a verified certificate where another of the crowd can go', () => {
    const known = place('known', '192.0.2.1', undefined, true);
    const other = place('other', '192.0.2.2');
    const newcomer = place('newcomer', '192.0.2.3');
    expect(chooseEnded([known, other, newcomer])?.name).to.equal('other');
    expect(chooseEnded([known, newcomer])?.name).to.equal('known');
    expect(chooseEnded([place('more', '192.0.2.1', undefined, true), known, other, newcomer])?.name).to.equal('more');
  });

  it('never ends the newcomer', () => {
    expect(chooseEnded([place('newcomer', '192.0.2.3')])).to.equal(undefined);
    expect(chooseEnded([place('old', '192.0.2.3', undefined, true), place('new', '192.0.2.3')])?.name).to.equal('old');
  });
});
