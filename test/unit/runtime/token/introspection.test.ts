import { expect } from 'chai';

import { Fault } from '../../../../core/fault/fault.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import {
  createIntrospectionCounter,
  createIntrospector,
  type IntrospectionClient,
  type IntrospectorDeps,
} from '../../../../runtime/token/introspection.ts';
import { type Answer, json, serveIssuer } from '../issuer-server.ts';

const SECRET: IntrospectionClient = { kind: 'secret', id: 'pay api', secret: 'top:secret %' };
const TOKEN = 'opaque~token+with/odd=characters';

interface Asked {
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly form: string;
}

describe('createIntrospector()', () => {
  let server: Awaited<ReturnType<typeof serveIssuer>>;
  before(async () => {
    server = await serveIssuer();
  });
  after(() => server.close());

  function make(changes: Partial<IntrospectorDeps> = {}) {
    const metrics = createMetrics();
    let time = 0;
    const introspector = createIntrospector({
      issuer: 'sso',
      iss: 'https://sso.test',
      url: `${server.origin}/introspect`,
      trust: () => server.trust,
      client: () => SECRET,
      asked: createIntrospectionCounter(metrics),
      clock: { monotonic: () => milliseconds(time) },
      limits: { timeout: milliseconds(10_000) },
      ...changes,
    });
    const ask = async (text = TOKEN, asker = 'peer'): Promise<unknown> => {
      const claims = await introspector.ask(text, asker);
      return claims.ok ? claims.value : claims.refusal.code;
    };
    return { introspector, metrics, ask, forward: (span: number) => void (time += span) };
  }

  const answer = (value: unknown): Answer => json(Buffer.from(JSON.stringify(value)));
  const active = answer({ active: true, token_type: 'Bearer', sub: 'agent' });

  it('answers TOKEN_INTROSPECTION_UNAVAILABLE for every answer but a 200, and follows no redirect', async () => {
    const { ask } = make();
    const { asked } = server.state;
    const statuses = [201, 204, 301, 302, 307, 308, 400, 401, 403, 404, 429, 500, 503];
    for (const status of statuses) {
      const location = `${server.origin}/elsewhere`;
      server.state.answer = (_request, response) => void response.writeHead(status, { location }).end();
      expect(await ask(), String(status)).to.equal('TOKEN_INTROSPECTION_UNAVAILABLE');
    }
    expect(server.state.asked - asked).to.equal(statuses.length);
  });

  it('answers TOKEN_INTROSPECTION_UNAVAILABLE for an answer that is too long, compressed, silent or cut off', async () => {
    const { ask } = make({ limits: { timeout: milliseconds(300) } });
    const answers: readonly Answer[] = [
      json(Buffer.alloc(64 * 1024 + 1, 0x20)),
      json(Buffer.from('{"active":true,"token_type":"Bearer"}'), { 'content-encoding': 'gzip' }),
      () => undefined,
      (_request, response) => void response.writeHead(200).write('{'),
      (request) => void request.socket.destroy(),
    ];
    for (const one of answers) {
      server.state.answer = one;
      expect(await ask()).to.equal('TOKEN_INTROSPECTION_UNAVAILABLE');
    }
  });

  it('answers TOKEN_INTROSPECTION_UNAVAILABLE when its own secret or bundle is missing, and asks nobody', async () => {
    const { asked } = server.state;
    const away = (): never => {
      throw new Fault('CONFIG_FILE', 'gone');
    };
    for (const changes of [{ client: away }, { trust: away }])
      expect(await make(changes).ask()).to.equal('TOKEN_INTROSPECTION_UNAVAILABLE');
    expect(await make({ trust: () => undefined }).ask(), 'a server of other roots').to.equal(
      'TOKEN_INTROSPECTION_UNAVAILABLE',
    );
    expect(server.state.asked).to.equal(asked);
  });

  it('says nothing of the token or the secret in a refusal', async () => {
    server.state.answer = (_request, response) => void response.writeHead(500).end(TOKEN);
    const found = await make().introspector.ask(TOKEN, 'peer');
    expect(JSON.stringify(found)).to.not.match(/opaque|secret/);
  });

  it('answers TOKEN_INACTIVE when the issuer says so', async () => {
    server.state.answer = answer({ active: false });
    expect(await make().ask()).to.equal('TOKEN_INACTIVE');
  });

  it('asks once for one token at a time, and for a bounded number of tokens', async () => {
    const { ask, metrics } = make({ limits: { timeout: milliseconds(10_000), calls: 2 } });
    const { asked } = server.state;
    const open: (() => void)[] = [];
    const bothAsked = new Promise<void>((resolve) => {
      server.state.answer = (request, response) => {
        open.push(() => active(request, response));
        if (open.length === 2) resolve();
      };
    });
    const same = [ask('one'), ask('one'), ask('one'), ask('two')];
    await bothAsked;
    expect(await ask('three')).to.equal('TOKEN_INTROSPECTION_UNAVAILABLE');
    for (const go of open) go();
    for (const found of await Promise.all(same)) expect(found).to.have.property('sub', 'agent');
    expect(server.state.asked - asked).to.equal(2);
    expect(metrics.render())
      .to.include('cleat_introspections_total{issuer="sso",result="active"} 2')
      .and.to.include('cleat_introspections_total{issuer="sso",result="crowded"} 1');
  });

  it('keeps room for the others when one asker shows one unknown token after the other', async () => {
    const { ask } = make({ limits: { timeout: milliseconds(10_000), calls: 4, callsEach: 2 } });
    const open: (() => void)[] = [];
    const allAsked = new Promise<void>((resolve) => {
      server.state.answer = (request, response) => {
        open.push(() => active(request, response));
        if (open.length === 3) resolve();
      };
    });
    const greedy = ['1', '2', '3', '4', '5'].map((text) => ask(text, 'greedy'));
    const other = ask('good', 'other');
    await allAsked;
    for (const go of open) go();
    expect(await other).to.have.property('sub', 'agent');
    expect((await Promise.all(greedy)).slice(2)).to.deep.equal(Array(3).fill('TOKEN_INTROSPECTION_UNAVAILABLE'));
    server.state.answer = active;
    expect(await ask('3', 'greedy'), 'once they are answered').to.have.property('sub', 'agent');
  });

  it('asks once in five seconds about a token that is inactive, and again at once where nothing was said', async () => {
    const { ask, forward } = make();
    const { asked } = server.state;
    server.state.answer = answer({ active: false });
    for (const asker of ['one', 'one', 'other']) expect(await ask('junk', asker)).to.equal('TOKEN_INACTIVE');
    expect(server.state.asked - asked).to.equal(1);
    forward(5000);
    expect(await ask('junk')).to.equal('TOKEN_INACTIVE');
    expect(server.state.asked - asked).to.equal(2);
    server.state.answer = (_request, response) => void response.writeHead(500).end();
    for (let count = 0; count < 2; count += 1) expect(await ask('new')).to.equal('TOKEN_INTROSPECTION_UNAVAILABLE');
    expect(server.state.asked - asked).to.equal(4);
  });

  it('remembers no claims', async () => {
    const { ask, forward } = make();
    server.state.answer = active;
    expect(await ask()).to.have.property('sub', 'agent');
    server.state.answer = answer({ active: false });
    expect(await ask()).to.equal('TOKEN_INACTIVE');
    forward(5000);
    server.state.answer = active;
    expect(await ask()).to.have.property('sub', 'agent');
  });

  async function seenBy(client: IntrospectionClient): Promise<Asked> {
    let seen: Asked | undefined;
    server.state.answer = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { authorization, 'content-type': type } = request.headers;
        seen = { authorization, type, form: Buffer.concat(chunks).toString() };
        active(request, response);
      });
    };
    await make({ client: () => client }).ask();
    if (seen === undefined) throw new Error('not asked');
    return seen;
  }

  it('asks by HTTP Basic, id and secret form-encoded (RFC 6749 section 2.3.1)', async () => {
    const { authorization, type, form } = await seenBy(SECRET);
    expect(Buffer.from((authorization ?? '').slice('Basic '.length), 'base64').toString()).to.equal(
      'pay+api:top%3Asecret+%25',
    );
    expect(type).to.equal('application/x-www-form-urlencoded');
    const fields = Object.fromEntries(new URLSearchParams(form));
    expect(fields).to.deep.equal({ token: TOKEN, token_type_hint: 'access_token' });
  });

  it('asks with its id in the body where the certificate says who it is (RFC 8705 section 2)', async () => {
    const id = 'spiffe://mesh.test/ns/shop/sa/pay';
    const { authorization, form } = await seenBy({ kind: 'mtls', id, identity: {} });
    expect(authorization).to.equal(undefined);
    expect(new URLSearchParams(form).get('client_id')).to.equal(id);
  });
});
