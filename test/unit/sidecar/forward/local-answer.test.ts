import { expect } from 'chai';

import type { LocalAnswer } from '../../../../sidecar/forward/forwarding.ts';
import { answer, get, post, type RigOptions, served, withRig } from './rig.ts';

const BODY = '{"resource":"https://pay.example.org"}\n';
const HERE: LocalAnswer<string> = {
  ok: true,
  value: { type: 'application/json', body: Buffer.from(BODY) },
  note: 'here',
};
const METHOD: LocalAnswer<string> = { ok: false, refusal: { code: 'REQUEST_METHOD', detail: 'POST' }, note: 'here' };
const options: RigOptions = {
  answerHere: ({ method, path }) => (path === '/here' ? (method === 'POST' ? METHOD : HERE) : undefined),
};

describe('serveHttp1(): what is answered here', () => {
  it(
    'refuses another method by its code, and reaches no app',
    withRig(async (rig) => {
      const client = await rig.client();
      client.send(`${post('/here', 'Content-Length: 2')}ab`);
      expect(await client.end()).to.match(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
      expect(await rig.records.at(0)).to.deep.include({
        status: 405,
        refusal: METHOD.ok ? undefined : METHOD.refusal,
        note: 'here',
      });
      expect(rig.app.all).to.have.length(0);
    }, options),
  );

  it(
    'is sent whole, recorded once with its note, and leaves the connection for the next request',
    withRig(async (rig) => {
      rig.decide = () => ({ ok: false, refusal: { code: 'POLICY_NO_RULE', detail: '' }, note: 'judged' });
      const client = await rig.client();
      client.send(get('/here') + get('/other'));
      const head = await client.until('\r\n\r\n');
      expect(head)
        .to.match(/^HTTP\/1\.1 200 OK\r\n/)
        .and.include(`\r\nContent-Length: ${BODY.length}\r\n`);
      expect(head).to.include('\r\nContent-Type: application/json\r\n').and.not.include('Connection:');
      await client.until(BODY);
      expect(await client.until('\r\n\r\n')).to.match(/^HTTP\/1\.1 403 /);
      expect(await rig.records.at(0)).to.deep.include({ status: 200, refusal: undefined, note: 'here', path: '/here' });
      expect(await rig.records.at(1)).to.deep.include({ status: 403, note: 'judged' });
      expect(rig.app.all).to.have.length(0);
    }, options),
  );

  it(
    'has no body for HEAD, and says so where the connection ends',
    withRig(async (rig) => {
      const client = await rig.client();
      client.send(get('/here', 'Connection: close').replace('GET', 'HEAD'));
      const all = await client.end();
      expect(all).to.include(`\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\n`).and.not.include('{');
    }, options),
  );
});

describe('serveHttp1(): fields of ours in the answer of the app', () => {
  it(
    'stand in the place of those of the app, in any case, in the final answer alone',
    withRig(async (rig) => {
      const { decide } = rig;
      rig.decide = async (head) => {
        const decision = await decide(head);
        const answerFields = [{ name: 'DPoP-Nonce', lower: 'dpop-nonce', value: 'ours' }];
        return decision.ok ? { ...decision, value: { ...decision.value, answerFields } } : decision;
      };
      const { client, app } = await served(rig);
      app.send('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
      app.send(answer('ok', 'X-A: 1', 'dpop-nonce: theirs', 'X-B: 2'));
      const all = await client.until('\r\n\r\nok');
      const [, final = ''] = all.split('HTTP/1.1 200');
      expect(final).to.include('\r\nX-A: 1\r\nX-B: 2\r\nDPoP-Nonce: ours\r\n').and.not.include('theirs');
      expect(all.split('DPoP-Nonce')).to.have.length(2);
    }),
  );
});
