import { createSecureContext } from 'node:tls';

import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { expect } from 'chai';

import { milliseconds } from '../../../../core/time/units.ts';
import { clientContextOptions } from '../../../../runtime/tls-options.ts';
import { startTestCa, type TestCa } from '../../../kit/grpc-ca.ts';

/** A client of the bootstrap listener that knows health by the package of others. */
function healthClient(ca: TestCa): Client & Disposable {
  const context = createSecureContext(clientContextOptions({ roots: [ca.authority.der] }));
  const trust = credentials.createFromSecureContext(context, { checkServerIdentity: () => undefined });
  const client = new Client(ca.bootstrap, trust, { 'grpc.ssl_target_name_override': 'cleat-ca' });
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

function ask(client: Client, method: string, request: object): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = service[method] ?? expect.fail(`no ${method}`);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      (error: ServiceError | null, answer) => resolve(error === null ? answer : status[error.code]),
    );
  });
}

function watch(client: Client, name: string) {
  const { path, requestSerialize, responseDeserialize } = service['Watch'] ?? expect.fail('no Watch');
  return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: name });
}

describe('addHealth()', () => {
  it('knows no other service than ours, and remembers none that it is asked for', async () => {
    await using ca = await startTestCa();
    using client = healthClient(ca);
    expect(await ask(client, 'Check', { service: 'toString' })).to.equal('NOT_FOUND');
    expect(await ask(client, 'List', {})).to.deep.equal({
      statuses: { '': { status: 'SERVING' }, 'cleat.ca.v1.Bootstrap': { status: 'SERVING' } },
    });
    const stranger = watch(client, 'who');
    const first = new Promise((resolve) => stranger.once('data', resolve));
    expect(await first).to.deep.equal({ status: 'SERVICE_UNKNOWN' });
    stranger.on('error', () => undefined).cancel();
  });

  it('A-536 tells its watchers when the server drains, and lets them go', async () => {
    await using ca = await startTestCa();
    using client = healthClient(ca);
    const told: unknown[] = [];
    const stream = watch(client, '');
    const first = new Promise<void>((resolve) => {
      stream.on('data', (state) => {
        told.push(state);
        resolve();
      });
    });
    const end = new Promise((resolve) => stream.once('end', resolve));
    await first;
    await ca.servers.drain(milliseconds(10_000));
    await end;
    expect(told).to.deep.equal([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
  });
});
