import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { expect } from 'chai';

import { refusePipelining } from '../../../runtime/pipelining.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** What comes back for each text, sent once the one before is answered; which requests were looked at. */
async function talk(listener: RequestListener, ...said: readonly string[]) {
  let seen = 0;
  const server = createServer(
    refusePipelining((request, response) => {
      seen += 1;
      listener(request, response);
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const whole = text(socket);
  for (const [at, one] of said.entries()) {
    if (at > 0) await once(socket, 'data');
    socket.write(one);
  }
  const heard = await whole;
  server.close();
  return { seen, heard, answers: heard.match(/HTTP\/1.1 200/g)?.length };
}

const later: RequestListener = (_request, response) => {
  setImmediate(() => response.end('ok'));
};

describe('refusePipelining()', () => {
  it('looks at no request that came before the answer to the last one, and ends the connection with that', async () => {
    for (const many of [2, 1000]) {
      const { seen, heard, answers } = await talk(later, GET.repeat(many));
      expect([seen, answers]).to.deep.equal([1, 1]);
      expect(heard.match(/Connection: close/g)).to.have.length(1);
    }
  });

  it('ends it with the answer that is still to be written where the one before was begun', async () => {
    const { seen, heard, answers } = await talk((_request, response) => void response.end('ok'), GET.repeat(1000));
    expect([seen, answers]).to.deep.equal([2, 2]);
    expect(heard.match(/Connection: (?:close|keep-alive)/g)).to.deep.equal([
      'Connection: keep-alive',
      'Connection: close',
    ]);
  });

  it('answers requests that wait for the answer before', async () => {
    const last = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const { seen, answers } = await talk(later, GET, GET, last);
    expect([seen, answers]).to.deep.equal([3, 3]);
  });
});
