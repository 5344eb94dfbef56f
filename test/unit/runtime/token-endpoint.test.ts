import { expect } from 'chai';

import { milliseconds } from '../../../core/time/units.ts';
import { encodePem } from '../../../core/x509/pem.ts';
import { requestToken, type TokenRequest } from '../../../runtime/token-endpoint.ts';
import { createTestAuthority } from '../../kit/x509.ts';
import { snapshotOf } from '../sidecar/egress/snapshots.ts';
import { type Said, startTokenServer, type TokenServer } from '../sidecar/egress/token-server.ts';

const TOKEN = { access_token: 'a.b.c', token_type: 'Bearer' };

describe('requestToken()', () => {
  const authority = createTestAuthority();
  let server: TokenServer;

  before(async () => {
    server = await startTokenServer(snapshotOf(authority, { generation: 1 }), false);
  });
  after(() => server[Symbol.asyncDispose]());

  const trust = { ca: encodePem('CERTIFICATE', authority.der), checkServerIdentity: () => undefined };
  const tls = { trust };
  const ask = (said: Said | Promise<Said>, changes: Partial<TokenRequest> = {}) => {
    server.answer = () => said;
    return requestToken({ url: server.url, form: { grant_type: 'x' }, tls, timeout: milliseconds(5000), ...changes });
  };
  const refusalOf = async (said: Said | Promise<Said>, changes: Partial<TokenRequest> = {}) => {
    const found = await ask(said, changes);
    return found.ok ? undefined : found.refusal;
  };

  it('trusts no server but by the roots it was given: RENEW_UNTRUSTED, and sends nothing', async () => {
    const asked = server.asked.length;
    expect(await refusalOf({ body: TOKEN }, { tls: { trust: undefined } })).to.include({ code: 'RENEW_UNTRUSTED' });
    const other = encodePem('CERTIFICATE', createTestAuthority().der);
    expect(await refusalOf({ body: TOKEN }, { tls: { trust: { ...trust, ca: other } } })).to.include({
      code: 'RENEW_UNTRUSTED',
    });
    expect(await refusalOf({ body: TOKEN }, { tls: { trust: { ca: trust.ca } } }), 'by its name').to.include({
      code: 'RENEW_UNTRUSTED',
    });
    expect(server.asked).to.have.length(asked);
  });

  it('gives the code of an error alone, whatever else is said: RENEW_REFUSED', async () => {
    const body = { error: 'invalid_target', error_description: 'Bearer secret', error_uri: 'https://a' };
    expect(await refusalOf({ status: 400, body })).to.deep.equal({ code: 'RENEW_REFUSED', detail: 'invalid_target' });
    expect(await refusalOf({ status: 401, body: 'no' })).to.deep.equal({ code: 'RENEW_REFUSED', detail: 'status 401' });
    expect(await refusalOf({ status: 400, body: { error: 'what <b>' } })).to.include({ detail: 'status 400' });
  });

  it('follows no redirect, and takes no other success', async () => {
    const asked = server.asked.length;
    for (const status of [201, 204, 301, 302, 307, 308])
      expect(
        await refusalOf({ status, headers: { location: server.url }, body: status === 204 ? '' : TOKEN }),
      ).to.include({
        code: 'RENEW_REFUSED',
        detail: `status ${status}`,
      });
    expect(server.asked).to.have.length(asked + 6);
  });

  it('tells a server that is in trouble from one that says no, and when to come again', async () => {
    expect(await refusalOf({ status: 503, headers: { 'retry-after': '7' }, body: '' })).to.deep.equal({
      code: 'RENEW_UNREACHABLE',
      detail: 'status 503',
      retryAfter: 7000,
    });
    expect(await refusalOf({ status: 429, headers: { 'retry-after': '1' }, body: '' })).to.include({
      code: 'RENEW_REFUSED',
      retryAfter: 1000,
    });
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const later = { date, 'retry-after': 'Sun, 06 Nov 1994 08:49:40 GMT' };
    expect(await refusalOf({ status: 503, headers: later, body: '' })).to.include({ retryAfter: 3000 });
    for (const wrong of ['-1', '1e9', 'soon', '999999999', date])
      expect(await refusalOf({ status: 503, headers: { date, 'retry-after': wrong }, body: '' })).to.not.have.property(
        'retryAfter',
      );
  });

  it('refuses an answer that is too large, encoded or of another kind: RENEW_ANSWER', async () => {
    const large = { ...TOKEN, more: 'x'.repeat(70_000) };
    expect(await refusalOf({ body: large })).to.include({ code: 'RENEW_ANSWER' });
    expect(await refusalOf({ headers: { 'content-encoding': 'gzip' }, body: TOKEN })).to.include({
      code: 'RENEW_ANSWER',
    });
    for (const type of ['text/html', 'application/jsonp', 'application/jwt'])
      expect(await refusalOf({ headers: { 'content-type': type }, body: TOKEN }), type).to.include({
        code: 'RENEW_ANSWER',
      });
  });

  it('waits no longer than it was told: RENEW_UNREACHABLE', async () => {
    const never = new Promise<Said>(() => undefined);
    expect(await refusalOf(never, { timeout: milliseconds(50) })).to.include({ code: 'RENEW_UNREACHABLE' });
    const away = await refusalOf({ body: TOKEN }, { url: 'https://127.0.0.1:1/token' });
    expect(away).to.include({ code: 'RENEW_UNREACHABLE' });
    expect(away?.detail).to.match(/^127\.0\.0\.1:1: /);
  });

  it('posts a form, each time on a connection of its own, and gives the answer', async () => {
    const form = { grant_type: 'a b', audience: 'ü&=', scope: undefined };
    const type = { 'content-type': 'application/json;charset=UTF-8' };
    for (let count = 0; count < 2; count += 1) {
      const found = await ask({ headers: type, body: TOKEN }, { form, authorization: 'Bearer x' });
      expect(found).to.have.nested.property('value.accessToken', 'a.b.c');
    }
    const [before, last] = server.asked.slice(-2);
    expect(last).to.deep.include({
      method: 'POST',
      contentType: 'application/x-www-form-urlencoded',
      authorization: 'Bearer x',
      form: { grant_type: 'a b', audience: 'ü&=' },
      isResumed: false,
    });
    expect(last?.connection).to.equal((before?.connection ?? 0) + 1);
  });
});
