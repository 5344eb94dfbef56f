/**
 * Floods against a CA as a process: by one identity, by one address with bad evidence, by bare sockets, and by calls that
 * no client would make. The flood is sent away, with the time to come back; others are served, and the process lives.
 */
import { connect, type Socket } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

import { expect } from 'chai';

import { demand } from '../../core/fault/fault.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { WIRE } from '../../runtime/grpc/wire.ts';
import { frame, openSession, type RawEnd, type Session } from '../kit/grpc-session.ts';
import { scenarioLogs } from '../kit/logs.ts';
import { testKey } from '../kit/x509.ts';
import { AGENT, makePlace, startCa, type CaPlace, type RunningCa } from './journal-ca.ts';

const { Bootstrap, Mesh } = WIRE.cleat.ca.v1;
const GRPC = { invalid: 3, deadline: 4, exhausted: 8, unimplemented: 12, unauthenticated: 16 } as const;
const LOG = 'issuance-floods';
const LIMITS = { issuesPerSecond: 1000, perIdentityPerMinute: 40, perAddressPerMinute: 300 };
const HEADERS = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };

function placeWithLimits(): CaPlace {
  const place = makePlace();
  const any = '127.0.0.1:0';
  const listen = { bootstrap: any, mesh: any, https: any, admin: any, control: place.control };
  writeFileSync(
    place.configFile,
    JSON.stringify({ trustDomain: 'mesh.example', dataDir: join(place.folder, 'data'), listen, limits: LIMITS }),
  );
  return place;
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

/** A workload of its own identity, with a session of its own. */
async function enrol(ca: RunningCa, path: string) {
  const key = testKey();
  const issued = demand(
    await ca.bootstrap.issue({ csr: writeCsr(key), evidence: await ca.evidence(path), ttl: undefined }),
  );
  const pem = (list: readonly Buffer[]): string => list.map((der) => encodePem('CERTIFICATE', der)).join('');
  const context = createSecureContext({
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    cert: pem(issued.chain),
    ca: pem(issued.bundle.roots),
  });
  const session = await openSession({ port: portOf(ca.meshAddress), context });
  const renewal = frame(Mesh.service.Renew.requestSerialize({ csr: writeCsr(testKey()), ttl_seconds: 0 }));
  return {
    roots: issued.bundle.roots,
    session,
    // The same key each time: the CA answers again with the same certificate, so that no lineage forks.
    renew: (): Promise<RawEnd> => session.raw({ ...HEADERS, ':path': Mesh.service.Renew.path }, renewal),
  };
}

/** Lines of the CA's log with this message. */
const logLines = (message: string): number =>
  readFileSync(join(scenarioLogs(), `${LOG}.log`), 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`)).length;

const tally = (ends: readonly RawEnd[], grpc: number): number => ends.filter((end) => end.grpc === grpc).length;

describe('scenario: floods against a CA', function () {
  this.timeout(60_000);
  let place: CaPlace;
  let ca: RunningCa;

  before(async () => {
    place = placeWithLimits();
    ca = await startCa(place, LOG);
  });

  after(async () => {
    await ca[Symbol.asyncDispose]();
    place[Symbol.dispose]();
  });

  async function expectServed(path: string): Promise<void> {
    const { renew, session } = await enrol(ca, path);
    expect((await renew()).grpc, path).to.equal(0);
    session.close();
  }

  it('A-129 one identity floods: RESOURCE_EXHAUSTED and when to come back, another identity is served meanwhile', async () => {
    const flooder = await enrol(ca, '/ns/shop/sa/flooder');
    const flood = Promise.all(Array.from({ length: 60 }, () => flooder.renew()));
    await expectServed('/ns/shop/sa/neighbour');
    const ends = await flood;
    flooder.session.close();
    // One of the forty was its first certificate.
    expect(tally(ends, 0)).to.be.within(39, 40);
    const refused = ends.filter(({ grpc }) => grpc === GRPC.exhausted);
    expect(refused).to.have.length(60 - tally(ends, 0));
    for (const { code, retryAfterMs } of refused) {
      expect(code).to.equal('LIMIT_ISSUES');
      expect(retryAfterMs).to.be.within(1, 60_000);
    }
    // Each of them has a time of its own.
    expect(new Set(refused.map(({ retryAfterMs }) => retryAfterMs)).size).to.be.above(refused.length / 2);
  });

  it('A-129 one address floods with bad evidence: sent away unread, other addresses are served', async () => {
    const context = createSecureContext({
      ca: encodePem('CERTIFICATE', (await enrol(ca, AGENT)).roots[0] ?? Buffer.alloc(0)),
    });
    const bad = await openSession({ port: portOf(ca.bootstrapAddress), context, from: '127.0.0.2' });
    const body = frame(
      Bootstrap.service.Issue.requestSerialize({ csr: writeCsr(testKey()), join_token: 'guess', ttl_seconds: 0 }),
    );
    const guess = (): Promise<RawEnd> => bad.raw({ ...HEADERS, ':path': Bootstrap.service.Issue.path }, body);
    const ends: RawEnd[] = [];
    for (let wave = 0; wave < 10; wave += 1) ends.push(...(await Promise.all(Array.from({ length: 30 }, guess))));
    await expectServed('/ns/shop/sa/passer-by');
    bad.close();
    expect(tally(ends, GRPC.exhausted)).to.be.above(200);
    expect(tally(ends, GRPC.unauthenticated) + tally(ends, GRPC.exhausted)).to.equal(ends.length);
  });

  it('A-129 requests that cannot be read: counted by address and sent away, and a flood of them is a few lines of the log', async () => {
    const { roots, session } = await enrol(ca, AGENT);
    session.close();
    const context = createSecureContext({ ca: encodePem('CERTIFICATE', roots[0] ?? Buffer.alloc(0)) });
    const bad = await openSession({ port: portOf(ca.bootstrapAddress), context, from: '127.0.0.4' });
    const body = frame(Bootstrap.service.Issue.requestSerialize({ csr: Buffer.alloc(1), ttl_seconds: 0 }));
    const lines = (): number => logLines('call refused');
    const before = lines();
    const ends: RawEnd[] = [];
    for (let wave = 0; wave < 100; wave += 1)
      ends.push(
        ...(await Promise.all(
          Array.from({ length: 20 }, () => bad.raw({ ...HEADERS, ':path': Bootstrap.service.Issue.path }, body)),
        )),
      );
    await expectServed('/ns/shop/sa/unimpressed');
    bad.close();
    expect(tally(ends, GRPC.exhausted)).to.be.above(1900);
    expect(lines() - before).to.be.below(20);
  });

  it('A-129 bare sockets, silent ones and ones that talk nonsense, keep nobody out', async () => {
    const sockets: Socket[] = [];
    for (const address of [ca.bootstrapAddress, ca.meshAddress])
      for (let count = 0; count < 300; count += 1) {
        const socket = connect({ host: '127.0.0.1', port: portOf(address), localAddress: '127.0.0.3' });
        socket.on('error', () => undefined);
        if (count % 2 === 0) socket.write('GET / HTTP/1.1\r\n\r\n');
        sockets.push(socket);
      }
    await expectServed('/ns/shop/sa/through-the-crowd');
    for (const socket of sockets) socket.destroy();
  });

  describe('calls that no client makes', () => {
    let session: Session;
    before(async () => {
      ({ session } = await enrol(ca, '/ns/shop/sa/odd'));
    });
    after(() => session.close());
    afterEach(() => expectServed(AGENT));

    it('A-121 unknown method: UNIMPLEMENTED', async () => {
      const end = await session.raw({ ...HEADERS, ':path': '/cleat.ca.v1.Mesh/Nothing' }, frame(Buffer.alloc(0)));
      expect(end.grpc).to.equal(GRPC.unimplemented);
    });

    it('A-121 wrong content-type: HTTP 415', async () => {
      const headers = { ...HEADERS, 'content-type': 'text/plain', ':path': Mesh.service.Renew.path };
      expect((await session.raw(headers, frame(Buffer.alloc(0)))).http).to.equal(415);
    });

    it('A-121 message of 4 MB: RESOURCE_EXHAUSTED', async () => {
      const end = await session.raw(
        { ...HEADERS, ':path': Mesh.service.Renew.path },
        frame(Buffer.alloc(4 * 1024 * 1024)),
      );
      expect(end.grpc).to.equal(GRPC.exhausted);
    });

    it('A-121 deadline of 1 ms: the status says so, or the call was quicker', async () => {
      const body = frame(Mesh.service.Renew.requestSerialize({ csr: writeCsr(testKey()), ttl_seconds: 0 }));
      const other = await enrol(ca, '/ns/shop/sa/hasty');
      const end = await other.session.raw({ ...HEADERS, 'grpc-timeout': '1m', ':path': Mesh.service.Renew.path }, body);
      other.session.close();
      expect(end.grpc).to.be.oneOf([0, GRPC.deadline]);
    });

    it('A-121 10,000 streams on one connection: all but the four newest of the instance end', async () => {
      const crowd = await enrol(ca, '/ns/shop/sa/crowd');
      const body = frame(Mesh.service.Watch.requestSerialize({}));
      const ends: RawEnd[] = [];
      const bound = new Promise<void>((resolve) => {
        for (let count = 0; count < 10_000; count += 1)
          void crowd.session
            .stream(Mesh.service.Watch.path, body, () => undefined)
            .ended.then((end) => {
              ends.push(end);
              if (ends.length === 10_000 - 4) resolve();
            });
      });
      await bound;
      await expectServed('/ns/shop/sa/beside-the-crowd');
      expect(ends).to.have.length(10_000 - 4);
      expect(new Set(ends.map(({ code }) => code))).to.deep.equal(new Set(['LIMIT_CONNECTIONS', 'LIMIT_ISSUES']));
      crowd.session.close();
    });

    it('A-121 a request that never ends holds nothing up, and is ended within seconds, on both listeners', async () => {
      const slow = await enrol(ca, '/ns/shop/sa/slow');
      const context = createSecureContext({ ca: encodePem('CERTIFICATE', slow.roots[0] ?? Buffer.alloc(0)) });
      const stranger = await openSession({ port: portOf(ca.bootstrapAddress), context });
      const begin = Buffer.from([0, 0, 0, 1]);
      const hung = [
        slow.session.hang({ ...HEADERS, ':path': Mesh.service.Renew.path }, begin),
        stranger.hang({ ...HEADERS, ':path': Bootstrap.service.Issue.path }, begin),
      ];
      expect((await slow.renew()).grpc).to.equal(0);
      const ends = await Promise.all(hung.map(({ ended }) => ended));
      expect(ends.map(({ code }) => code)).to.deep.equal(['LIMIT_TIMEOUT', 'LIMIT_TIMEOUT']);
      expect((await slow.renew()).grpc).to.equal(0);
      slow.session.close();
      stranger.close();
    });
  });
});
