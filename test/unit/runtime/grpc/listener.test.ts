import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { expect } from 'chai';

import { milliseconds } from '../../../../core/time/units.ts';
import { BOOTSTRAP_LIMITS, createListener } from '../../../../runtime/grpc/listener.ts';
import { RotatingCredentials } from '../../../../runtime/grpc/rotating-credentials.ts';
import { plainServerOptions } from '../../../../runtime/tls-options.ts';
import { testIdentity } from '../../../kit/grpc-ca.ts';
import { createTestAuthority } from '../../../kit/x509.ts';

async function knock(address: string, from: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(address.split(':')[1]), localAddress: from });
  await once(socket, 'connect');
  return socket;
}

describe('createListener()', () => {
  it('A-129 closes what one address opens beyond its bound, lets others in, and him again when he has left', async () => {
    const identity = testIdentity(createTestAuthority(), { path: '/cleat/ca' });
    const listener = createListener({
      address: '127.0.0.1:0',
      credentials: new RotatingCredentials(plainServerOptions(identity)),
      limits: { ...BOOTSTRAP_LIMITS, connectionsPerAddress: 2 },
      serve: () => [],
    });
    await listener.start();
    const first = await knock(listener.address(), '127.0.0.2');
    const second = await knock(listener.address(), '127.0.0.2');
    const third = await knock(listener.address(), '127.0.0.2');
    await once(third.resume(), 'close');
    const other = await knock(listener.address(), '127.0.0.3');
    first.destroy();
    await once(first, 'close');
    // The server hears of it a moment later; a knock before that is closed, and tried again.
    let again = await knock(listener.address(), '127.0.0.2');
    while (!(await isServed(again))) again = await knock(listener.address(), '127.0.0.2');
    expect([second.closed, await isServed(other)]).to.deep.equal([false, true]);
    for (const socket of [second, other, again]) socket.destroy();
    await listener.drain(milliseconds(1000));
  });
});

/** Whether TLS answers on it. */
function isServed(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const secure = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    secure.once('secureConnect', () => resolve(true));
    secure.once('error', () => resolve(false));
    secure.once('close', () => resolve(false));
  });
}
