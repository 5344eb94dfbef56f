import { expect } from 'chai';

import type { Refusal } from '../../../../core/fault/refusal.ts';
import { createRig, get, post, served } from './rig.ts';

const REVOKED: Refusal = { code: 'PEER_REVOKED', detail: 'test' };

describe('serveHttp1(): recheck()', () => {
  it('A-072 cuts an idle connection that may not go on', async () => {
    const world: { verdict: Refusal | undefined } = { verdict: undefined };
    await using rig = await createRig({ recheck: () => world.verdict });
    const { client, app } = await served(rig);
    app.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.until('ok');
    await rig.records.at(0);
    rig.connections[0]?.recheck();
    client.send(get('/second'));
    expect(await (await rig.app.at(0)).until('/second')).to.include('/second');
    app.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await rig.records.at(1);
    world.verdict = REVOKED;
    rig.connections[0]?.recheck();
    await rig.closed.at(0);
    await client.end();
    expect(rig.records.all.map(({ refusal }) => refusal)).to.deep.equal([undefined, undefined]);
  });

  it('A-072 cuts a request whose body is still coming, records why, and drops the connection to the app', async () => {
    await using rig = await createRig({ recheck: () => REVOKED });
    const { client, app } = await served(rig, `${post('/up', 'Content-Length: 10')}half`);
    await app.until('half');
    rig.connections[0]?.recheck();
    expect(await rig.records.at(0)).to.deep.include({ refusal: REVOKED, complete: false, status: 0, path: '/up' });
    await Promise.all([client.end(), app.end()]);
    expect(rig.pool.size).to.equal(0);
  });

  it('A-072 cuts an answer in the middle, after its head has gone out', async () => {
    await using rig = await createRig({ recheck: () => REVOKED });
    const { client, app } = await served(rig);
    app.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe first part');
    await client.until('part');
    rig.connections[0]?.recheck();
    expect(await rig.records.at(0)).to.deep.include({ refusal: REVOKED, complete: false, status: 200 });
    await Promise.all([client.end(), app.end()]);
  });

  it('A-072 cuts a request that waits for its decision: nothing of it reaches the app', async () => {
    await using rig = await createRig({ recheck: () => REVOKED });
    const { decide } = rig;
    const gate = Promise.withResolvers<void>();
    const judged = Promise.withResolvers<void>();
    rig.decide = async (head) => {
      judged.resolve();
      await gate.promise;
      return decide(head);
    };
    const client = await rig.client();
    client.send(get('/'));
    await judged.promise;
    rig.connections[0]?.recheck();
    await client.end();
    gate.resolve();
    expect(await rig.records.at(0)).to.deep.include({ refusal: REVOKED, complete: false });
    expect(rig.app.all).to.deep.equal([]);
  });

  it('tells what is under way: the note of the request that has its turn, and nothing between two', async () => {
    const seen: unknown[] = [];
    await using rig = await createRig({
      recheck: (underWay) => {
        seen.push(underWay.note);
        return undefined;
      },
    });
    const { client, app } = await served(rig, get('/one'));
    await app.until('/one');
    rig.connections[0]?.recheck();
    app.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.until('ok');
    await rig.records.at(0);
    rig.connections[0]?.recheck();
    expect(seen).to.deep.equal(['note /one', undefined]);
  });
});
