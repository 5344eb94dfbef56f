import { createSecureContext } from 'node:tls';

import { expect } from 'chai';

import { refuse } from '../../../../core/fault/refusal.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { createCallLog } from '../../../../runtime/grpc/call-log.ts';
import { BOOTSTRAP_LIMITS, createListener, type ListenerLimits } from '../../../../runtime/grpc/listener.ts';
import { serveBootstrap } from '../../../../runtime/grpc/methods.ts';
import { ISSUE_MOST } from '../../../../runtime/grpc/requests.ts';
import { RotatingCredentials } from '../../../../runtime/grpc/rotating-credentials.ts';
import { boundUnfinished } from '../../../../runtime/grpc/unfinished.ts';
import { WIRE } from '../../../../runtime/grpc/wire.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { plainServerOptions } from '../../../../runtime/tls-options.ts';
import { testIdentity } from '../../../kit/grpc-ca.ts';
import { frame, openSession, type RawEnd, type Session } from '../../../kit/grpc-session.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { createTestAuthority } from '../../../kit/x509.ts';

const { Issue } = WIRE.cleat.ca.v1.Bootstrap.service;
const HEADERS = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers', ':path': Issue.path };
const WHOLE = frame(Issue.requestSerialize({ csr: Buffer.alloc(100), join_token: 'guess', ttl_seconds: 0 }));
/** All but the last byte. */
const PART = WHOLE.subarray(0, -1);

/** The bootstrap listener as the CA has it, with other bounds, and a CA behind it that refuses whoever comes through. */
async function bootstrap(limits: Partial<ListenerLimits>) {
  const authority = createTestAuthority();
  let heard = 0;
  const answer = () => {
    heard += 1;
    return refuse('ATTEST_JOIN_TOKEN', 'nobody');
  };
  const listener = createListener({
    address: '127.0.0.1:0',
    credentials: new RotatingCredentials(plainServerOptions(testIdentity(authority, { path: '/cleat/ca' }))),
    limits: { ...BOOTSTRAP_LIMITS, ...limits },
    serve: (server) =>
      serveBootstrap(server, { issue: async () => answer(), malformed: answer }, createCallLog(collectLog().log)),
  });
  await listener.start();
  const context = createSecureContext({ ca: encodePem('CERTIFICATE', authority.der) });
  const sessions: Session[] = [];
  return {
    heard: () => heard,
    async session(): Promise<Session> {
      const opened = await openSession({ port: Number(listener.address().split(':')[1]), context });
      sessions.push(opened);
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.close();
      await listener.drain(milliseconds(1000));
    },
  };
}

const codesOf = (ends: readonly RawEnd[]) => ends.map(({ code }) => code);
const served = async (session: Session) => (await session.raw(HEADERS, WHOLE)).code;

describe('boundUnfinished()', () => {
  it('A-121 ends a call whose request does not come whole in time: LIMIT_TIMEOUT, and serves the next', async () => {
    await using door = await bootstrap({ receive: milliseconds(100) });
    const session = await door.session();
    for (const begin of [PART, PART.subarray(0, 3), Buffer.alloc(0)]) {
      const slow = await door.session();
      expect((await slow.hang(HEADERS, begin).ended).code, String(begin.length)).to.equal('LIMIT_TIMEOUT');
    }
    expect(door.heard()).to.equal(0);
    expect(await served(session)).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('A-121 ends a call whose one message came and whose end does not: LIMIT_TIMEOUT', async () => {
    await using door = await bootstrap({ receive: milliseconds(100) });
    const end = await (await door.session()).hang(HEADERS, WHOLE).ended;
    expect([end.code, door.heard()]).to.deep.equal(['LIMIT_TIMEOUT', 0]);
  });

  it('A-129 ends the oldest of too many unfinished requests, whosever it is: LIMIT_REQUESTS, and serves whole ones', async () => {
    await using door = await bootstrap({ unfinished: 2 });
    const [one, other] = [await door.session(), await door.session()];
    const first = one.hang(HEADERS, PART).ended;
    // A call that is answered says that those before it have begun.
    await served(one);
    const second = one.hang(HEADERS, PART).ended;
    await served(one);
    other.hang(HEADERS, PART);
    expect((await first).code).to.equal('LIMIT_REQUESTS');
    expect(await served(other), 'in the place of the second').to.equal('ATTEST_JOIN_TOKEN');
    await second;
    await one.gone;
    expect(await served(other)).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('A-129 ends the connection at the second time', async () => {
    await using door = await bootstrap({ receive: milliseconds(100) });
    const session = await door.session();
    const ends = await Promise.all([session.hang(HEADERS, PART).ended, session.hang(HEADERS, PART).ended]);
    expect(codesOf(ends)).to.deep.equal(['LIMIT_TIMEOUT', undefined]);
    await session.gone;
  });

  it('A-121 takes no request in a thousand pieces: LIMIT_REQUESTS', async () => {
    await using door = await bootstrap({});
    const head = Buffer.from([0, 0, 0, 16, 0]);
    const pieces = Array.from({ length: 1000 }, () => Buffer.alloc(1));
    expect((await (await door.session()).hang(HEADERS, head, ...pieces).ended).code).to.equal('LIMIT_REQUESTS');
  });

  it('A-121 takes no message on bootstrap that is larger than a first certificate needs', async () => {
    await using door = await bootstrap({});
    const session = await door.session();
    const most = {
      csr: Buffer.alloc(8192),
      x509: { chain: Array(4).fill(Buffer.alloc(8192)), signature: Buffer.alloc(1024), signed_at: 2 ** 40 },
      ttl_seconds: 86_400,
    };
    expect((await session.raw(HEADERS, frame(Issue.requestSerialize(most)))).code).to.equal('ATTEST_JOIN_TOKEN');
    const end = await session.raw(HEADERS, frame(Buffer.alloc(ISSUE_MOST + 1)));
    expect([end.grpc, end.code, door.heard()]).to.deep.equal([8, undefined, 1]);
  });

  it('serves no call whose stream it does not find', () => {
    const statuses: unknown[] = [];
    const call = { sendStatus: (status: { readonly code: number }) => statuses.push(status.code) };
    const intercept = boundUnfinished(BOOTSTRAP_LIMITS);
    intercept({} as Parameters<typeof intercept>[0], call as unknown as Parameters<typeof intercept>[1]);
    expect(statuses).to.deep.equal([13]);
  });
});
