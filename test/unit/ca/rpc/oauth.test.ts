import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';

import { expect } from 'chai';

import { createLeafReader } from '../../../../ca/attest/leaf.ts';
import { createCallRate } from '../../../../ca/rpc/call-rate.ts';
import { createHttpsServer } from '../../../../ca/rpc/https.ts';
import { createOAuthHandler, type OAuthEndpoint } from '../../../../ca/rpc/oauth.ts';
import { createPorter } from '../../../../ca/rpc/porter.ts';
import { createAssertionDesk } from '../../../../ca/tokens/assertion.ts';
import { success } from '../../../../ca/tokens/oauth-answer.ts';
import { createSpent } from '../../../../ca/tokens/spent.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { admit } from '../../../../core/fault/refusal.ts';
import { wholeSeconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { createTestAuthority, issueTestLeaf, testKey } from '../../../kit/x509.ts';
import { AGENT, MESH, startSmallCa, testClock, TOKENS } from '../small-ca.ts';

const GO = new AbortController().signal;
const FORM = 'application/x-www-form-urlencoded';
const TYPE = `Content-Type: ${FORM}`;

/** Says who authenticated. */
const whoAsks: OAuthEndpoint = async ({ authenticate }) => {
  const found = await authenticate();
  return found.ok ? admit(success({ client: found.value.client?.id ?? found.value.workload?.id.uri })) : found;
};

interface Shown {
  readonly key: string;
  readonly cert: string;
}

interface Place {
  readonly host: string;
  readonly servername: string;
  readonly port: number;
  readonly ca: string;
}

/** How the test asks. */
function callersOf(place: Place) {
  return {
    post: (body: string, as?: Shown, headers: Readonly<Record<string, string>> = {}) =>
      new Promise<string>((resolve, reject) => {
        const options = { ...place, ...as, agent: false, path: '/token', method: 'POST' };
        const call = request({ ...options, headers: { 'content-type': FORM, ...headers } }, (answer) => {
          text(answer).then((found) => resolve(`${answer.statusCode} ${found}`), reject);
        });
        call.on('error', reject);
        call.end(body);
      }),
    /** All that comes back on one connection for this text, whole. */
    say: (said: string, as?: Shown) =>
      new Promise<string>((resolve) => {
        const socket = connect({ ...place, ...as }, () => void socket.write(said));
        let heard = '';
        socket.on('error', () => undefined);
        socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
        socket.on('close', () => resolve(heard));
      }),
  };
}

/** The HTTP side before an endpoint that only authenticates, with a client `billing` that has a secret. */
async function scene(perTurnPerMinute = 6000, perClientPerMinute = 6000) {
  const ca = await startSmallCa({ clock: testClock(Math.floor(Date.now() / 1000)) });
  const { clock, revocations, registrations } = ca;
  const { log, lines } = ca.log;
  const metrics = createMetrics();
  const limits = { callsPerInstancePerMinute: 6000, callsPerIdentityPerMinute: 6000 };
  const calls = createCallRate({ limits, clock, metrics });
  const startedAt = wholeSeconds(clock.now());
  const spent = createSpent({ share: 10, most: 10 });
  const oauth = createOAuthHandler({
    endpoints: { '/token': { name: 'token', answer: whoAsks } },
    authentication: {
      ...registrations,
      assertions: createAssertionDesk({ ...registrations, issuer: TOKENS.issuer, spent, startedAt }),
    },
    porter: createPorter({ trustDomain: MESH, revocations, calls, clock }, createLeafReader()),
    nonce: () => undefined,
    perTurnPerMinute,
    perClientPerMinute,
    clock,
    log,
    metrics,
  });
  const authority = createTestAuthority();
  const { key, der } = issueTestLeaf(authority, { path: '/cleat/ca', dns: ['localhost'] });
  const server = createHttpsServer({
    address: { host: '127.0.0.1', port: 0 },
    serving: {
      current: () => ({ key, chain: [der], roots: [ca.authority.root.der] }),
      subscribe: () => ({ [Symbol.dispose]: () => undefined }),
    },
    documents: {},
    files: {},
    oauth,
    log,
  });
  await server.start(GO);
  const made = demand(
    await registrations.verbs['client-create']({
      id: 'billing',
      methods: ['secret'],
      spiffe: [{ exact: AGENT }],
      audiences: ['a'],
      scopes: [],
    }),
  ) as { secret: string };
  const place = {
    host: '127.0.0.1',
    servername: 'localhost',
    port: server.address()?.port ?? 0,
    ca: encodePem('CERTIFICATE', authority.der),
  };
  return {
    secret: made.secret,
    refusals: () => lines.filter(({ message }) => message.startsWith('token request')),
    end: () => oauth[Symbol.dispose](),
    async workload(path = AGENT): Promise<Shown> {
      const own = testKey();
      const { record } = demand(await ca.first(await ca.joinToken(path), own));
      return {
        key: own.export({ type: 'pkcs8', format: 'pem' }).toString(),
        cert: encodePem('CERTIFICATE', Buffer.from(record.der)),
      };
    },
    ...callersOf(place),
    /** Sends this and no more; waits for what is written of that. */
    async breakOff(said: string, as?: Shown): Promise<void> {
      const socket = connect({ ...place, ...as }, () => void socket.end(said));
      socket.on('error', () => undefined);
      await ca.log.line(({ message }) => message === 'token request refused');
      socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      oauth[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
      await ca[Symbol.asyncDispose]();
    },
  };
}

const wrong = (id = 'billing') => `client_id=${id}&client_secret=${randomBytes(8).toString('hex')}`;

describe('the HTTP side of the token service', () => {
  it('A-064 wrong guesses behind one address lock out no workload there: its own turn counts', async () => {
    await using made = await scene(20);
    const agent = await made.workload();
    for (let guess = 0; guess < 4; guess += 1) await made.post(wrong());
    expect(await made.post(wrong())).to.match(/^429 /);
    expect(await made.post('', agent)).to.equal(`200 {"client":"spiffe://${MESH}${AGENT}"}\n`);
    for (let guess = 0; guess < 4; guess += 1) await made.post(wrong(), agent);
    expect(await made.post('', agent), 'it guessed itself').to.match(/^429 /);
    const other = await made.workload('/ns/shop/sa/other');
    expect(await made.post('', other)).to.match(/^200 /);
  });

  it('counts each client that authenticated by its id: 429', async () => {
    await using made = await scene(6000, 2);
    const body = `client_id=billing&client_secret=${made.secret}`;
    const [one, two] = [await made.workload(), await made.workload()];
    expect([await made.post(body, one), await made.post(body, two)].map((answer) => answer.slice(0, 3))).to.deep.equal([
      '200',
      '200',
    ]);
    expect(await made.post(body, two)).to.match(/^429 /);
    expect(await made.post('', two), 'the workload in its own name').to.match(/^200 /);
  });

  for (const [what, fields] of [
    ['two Content-Type fields', `${TYPE}\r\n${TYPE}\r\nContent-Length: 3`],
    ['another charset', `${TYPE};charset=utf-16\r\nContent-Length: 3`],
    ['a parameter of another name', `${TYPE};boundary=x\r\nContent-Length: 3`],
    ['an encoded body', `${TYPE}\r\nContent-Encoding: gzip\r\nContent-Length: 3`],
    ['another transfer coding', `${TYPE}\r\nTransfer-Encoding: gzip, chunked`],
    ['two transfer codings', `${TYPE}\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked`],
  ] as const)
    it(`refuses ${what}: GRANT_TOKEN_REQUEST`, async () => {
      await using made = await scene();
      const body = fields.includes('chunked') ? '3\r\na=b\r\n0\r\n\r\n' : 'a=b';
      const head = `POST /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields}\r\n\r\n`;
      const heard = await made.say(`${head}${body}`, await made.workload());
      expect(heard).to.match(/^HTTP\/1.1 400 /);
      expect(heard).to.include('invalid_request');
    });

  it('takes UTF-8 that is said, and says so only once', async () => {
    await using made = await scene();
    const agent = await made.workload();
    for (const type of [`${FORM}; charset=utf-8`, `${FORM};charset="UTF-8"`])
      expect(await made.post('', agent, { 'content-type': type })).to.match(/^200 /);
  });

  it('refuses Basic credentials whose base64 has two forms: GRANT_TOKEN_REQUEST', async () => {
    await using made = await scene();
    const agent = await made.workload();
    const basic = Buffer.from(`billing:${made.secret}`).toString('base64');
    for (const credential of [basic.replace(/=+$/, ''), `${basic}=`, basic.replace(/.$/, '*'), `${basic}%0a`])
      expect(await made.post('', agent, { authorization: `Basic ${credential}` }), credential).to.match(/^4/);
    expect(await made.post('', agent, { authorization: `Basic ${basic}` })).to.equal('200 {"client":"billing"}\n');
  });

  it('writes a flood of like refusals as a line and a count', async () => {
    await using made = await scene();
    for (let guess = 0; guess < 5; guess += 1) await made.post(wrong('nobody'));
    made.end();
    expect(
      made.refusals().map(({ level, message, fields }) => [level, message, fields['code'], fields['more']]),
    ).to.deep.equal([
      ['warn', 'token request refused', 'GRANT_CLIENT', undefined],
      ['info', 'token requests refused', 'GRANT_CLIENT', 4],
    ]);
  });

  it('answers what was begun of pipelined requests, says that this is the end, and looks at no other', async () => {
    await using made = await scene();
    const one = `POST /token HTTP/1.1\r\nHost: localhost\r\n${TYPE}\r\nContent-Length: 3\r\n\r\na=b`;
    const agent = await made.workload();
    for (const many of [2, 20, 300]) {
      const heard = await made.say(one.repeat(many), agent);
      expect(heard.match(/HTTP\/1.1 \d+ /g), String(many)).to.deep.equal(['HTTP/1.1 200 ']);
      expect(heard.match(/Connection: close/gi)).to.have.length(1);
    }
    const heard = await made.say('GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(300));
    expect(heard).to.match(/^HTTP\/1.1 404 /);
    expect(heard).not.to.include('Refused');
  });

  it('ends a connection whose body broke off without a word of a defect', async () => {
    await using made = await scene();
    const head = `POST /token HTTP/1.1\r\nHost: localhost\r\n${TYPE}\r\nContent-Length: 9\r\n\r\na`;
    await made.breakOff(head, await made.workload());
    expect(made.refusals().map(({ level, fields }) => [level, fields['code']])).to.deep.equal([
      ['info', 'GRANT_TOKEN_REQUEST'],
    ]);
  });
});
