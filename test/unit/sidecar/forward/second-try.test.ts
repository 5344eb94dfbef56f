/** A request whose first answer is thrown away for a second try, and those for which it is not. */
import { expect } from 'chai';

import { admit, type Outcome, refuse } from '../../../../core/fault/refusal.ts';
import type { Forwarding } from '../../../../sidecar/forward/forwarding.ts';
import { writeRequestHead } from '../../../../sidecar/forward/head-writer.ts';
import { answer, get, post, type Rig, served, withRig } from './rig.ts';

const UNAUTHORIZED = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nbusy';

/** From now on a 401 is answered by what `again` gives; the second head says `X-Try: 2`. */
function reviewing(rig: Rig, again: (next: Forwarding) => Promise<Outcome<Forwarding>>): { reviewed: number[] } {
  const seen = { reviewed: [] as number[] };
  rig.decide = (head) => {
    const forwarding = (fields: typeof head.fields): Forwarding => ({
      upstream: rig.pool,
      head: writeRequestHead({ ...head, fields }),
      review(found) {
        seen.reviewed.push(found.status);
        const second = [...head.fields, { name: 'X-Try', lower: 'x-try', value: '2' }];
        return found.status === 401 ? () => again(forwarding(second)) : undefined;
      },
    });
    return { ok: true, value: forwarding(head.fields), note: 'note' };
  };
  return seen;
}

const at = (rig: Rig, place: number) => rig.app.at(place);

describe('serveHttp1(): second try', () => {
  for (const [what, request] of [
    ['a GET', get('/x')],
    ['a POST without a body', post('/x')],
    ['a POST whose length is 0', post('/x', 'Content-Length: 0')],
    ['a DELETE', get('/x').replace('GET', 'DELETE')],
  ] as const)
    it(
      `sends ${what} again on a new connection, and the client sees the second answer alone`,
      withRig(async (rig) => {
        const seen = reviewing(rig, (next) => Promise.resolve(admit(next)));
        const { client, app } = await served(rig, request);
        await app.until('\r\n\r\n');
        app.send(UNAUTHORIZED);
        const second = await at(rig, 1);
        expect(await second.until('\r\n\r\n')).to.include('X-Try: 2');
        second.send(answer('fine'));
        expect(await client.until('fine')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
        await app.end();
        expect(await rig.records.at(0)).to.include({ status: 200, retried: true, refusal: undefined });
        expect(seen.reviewed).to.deep.equal([401, 200]);
        expect(rig.app.all).to.have.length(2);
      }),
    );

  it(
    'A-606 is never tried a third time: the second answer stands, whatever it is',
    withRig(async (rig) => {
      reviewing(rig, (next) => Promise.resolve(admit(next)));
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      app.send(UNAUTHORIZED);
      const second = await at(rig, 1);
      await second.until('\r\n\r\n');
      second.send(UNAUTHORIZED);
      expect(await client.until('busy')).to.match(/^HTTP\/1\.1 401 /);
      expect(rig.app.all).to.have.length(2);
    }),
  );

  it(
    'A-606 is not sent again once some of its body is gone, in whatever framing',
    withRig(async (rig) => {
      const seen = reviewing(rig, (next) => Promise.resolve(admit(next)));
      for (const [place, [request, begun]] of [
        [post('/x', 'Content-Length: 3'), 'a'],
        [post('/x', 'Transfer-Encoding: chunked'), '5'],
      ].entries()) {
        const client = await rig.client();
        client.send(`${request}${begun}`);
        const app = await at(rig, place);
        await app.until('\r\n\r\n');
        if (begun === 'a') await app.until('a');
        else await rig.toApp.at(place);
        // The bytes were in the same segment as the head: they were read before any answer could come.
        app.send(UNAUTHORIZED);
        expect(await client.until('busy')).to.match(/^HTTP\/1\.1 401 /);
      }
      expect(seen.reviewed).to.deep.equal([401, 401]);
      expect(rig.app.all).to.have.length(2);
    }),
  );

  it(
    'sends a body that had not begun with the second try, and asks for it once',
    withRig(async (rig) => {
      const gate = Promise.withResolvers<void>();
      reviewing(rig, async (forwarding) => {
        await gate.promise;
        return admit(forwarding);
      });
      const { client, app } = await served(rig, post('/x', 'Content-Length: 3', 'Expect: 100-continue'));
      await client.until('HTTP/1.1 100 Continue\r\n\r\n');
      await app.until('\r\n\r\n');
      app.send(UNAUTHORIZED);
      await app.end();
      client.send('abc');
      gate.resolve();
      const second = await at(rig, 1);
      expect(await second.until('abc')).to.include('X-Try: 2');
      second.send(answer('fine'));
      expect(await client.until('fine')).to.match(/^HTTP\/1\.1 200 OK\r\n/);
      expect(await rig.records.at(0)).to.include({ bytesIn: 3, retried: true });
    }),
  );

  it(
    'A-606 is not sent again once the client has seen an interim answer',
    withRig(async (rig) => {
      reviewing(rig, (next) => Promise.resolve(admit(next)));
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      app.send(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${UNAUTHORIZED}`);
      expect(await client.until('busy'))
        .to.include('103 Early Hints')
        .and.to.include('401 Unauthorized');
      expect(rig.app.all).to.have.length(1);
    }),
  );

  it(
    'is refused where there is nothing better to send, and the connection of the client lives on',
    withRig(async (rig) => {
      reviewing(rig, () => Promise.resolve(refuse('UPSTREAM_TOKEN', 'no other token')));
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      app.send(UNAUTHORIZED);
      expect(await client.until('bad gateway\n')).to.match(/^HTTP\/1\.1 502 /);
      expect(await rig.records.at(0)).to.have.nested.property('refusal.code', 'UPSTREAM_TOKEN');
      client.send(get('/next'));
      const second = await at(rig, 1);
      expect(await second.until('\r\n\r\n')).to.include('GET /next');
    }),
  );

  it(
    'ends with its client: what comes after that is not sent',
    withRig(async (rig) => {
      const gate = Promise.withResolvers<void>();
      reviewing(rig, async (forwarding) => {
        await gate.promise;
        return admit(forwarding);
      });
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      app.send(UNAUTHORIZED);
      await app.end();
      client.socket.resetAndDestroy();
      await rig.closed.at(0);
      gate.resolve();
      await gate.promise;
      expect(rig.records.all).to.have.length(1);
      expect(rig.app.all).to.have.length(1);
    }),
  );

  it(
    'A-550 is not tried again after a pooled connection was found closed and the request sent anew',
    withRig(async (rig) => {
      reviewing(rig, (next) => Promise.resolve(admit(next)));
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      app.send(answer('one'));
      await client.until('one');
      client.send(get('/two'));
      await app.until('\r\n\r\n');
      app.socket.destroy();
      const second = await at(rig, 1);
      await second.until('\r\n\r\n');
      second.send(UNAUTHORIZED);
      expect(await client.until('busy')).to.match(/^HTTP\/1\.1 401 /);
      expect(rig.app.all).to.have.length(2);
    }),
  );
});
