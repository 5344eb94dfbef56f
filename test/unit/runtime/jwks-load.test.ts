import { expect } from 'chai';

import { Fault } from '../../../core/fault/fault.ts';
import type { KeySetPlace } from '../../../runtime/config/place.ts';
import { loadKeySet } from '../../../runtime/jwks-load.ts';
import { type Answer, json, serveIssuer } from './issuer-server.ts';

const DISCOVER: KeySetPlace = { kind: 'discover', issuer: undefined };

describe('loadKeySet() by discovery', () => {
  let server: Awaited<ReturnType<typeof serveIssuer>>;
  let asked: string[];
  before(async () => {
    server = await serveIssuer();
  });
  after(() => server.close());
  beforeEach(() => {
    asked = [];
  });

  /** Serves these by path; 404 for all else. */
  function serve(answers: Readonly<Record<string, Answer>>): void {
    server.state.answer = (request, response) => {
      asked.push(request.url ?? '');
      const answer = answers[request.url ?? ''];
      if (answer === undefined) response.writeHead(404).end();
      else answer(request, response);
    };
  }

  const document = (value: unknown): Answer => json(Buffer.from(JSON.stringify(value)));
  const keys = json(Buffer.from('{"keys":[]}'), { 'cache-control': 'max-age=600' });

  async function load(path: string, place: KeySetPlace = DISCOVER): Promise<string> {
    const origin = { iss: `${server.origin}${path}`, place, trust: () => server.trust };
    return loadKeySet(origin, AbortSignal.timeout(10_000)).then(
      ({ body, cacheControl }) => `${body.toString()} ${cacheControl}`,
      (thrown: unknown) => Fault.from(thrown).code,
    );
  }

  it('refuses the document of another issuer, and asks nowhere else', async () => {
    serve({
      '/t/.well-known/openid-configuration': document({ issuer: `${server.origin}/u`, jwks_uri: `${server.origin}/k` }),
    });
    expect(await load('/t')).to.equal('TOKEN_ISSUER');
    expect(asked).to.deep.equal(['/t/.well-known/openid-configuration']);
  });

  it('A-428 follows no redirect, of the document or of the keys', async () => {
    const away: Answer = (_request, response) => void response.writeHead(302, { location: `${server.origin}/k` }).end();
    serve({ '/t/.well-known/openid-configuration': away, '/k': keys });
    expect(await load('/t')).to.equal('TOKEN_KEYS_UNAVAILABLE');
    const good = document({ issuer: `${server.origin}/t`, jwks_uri: `${server.origin}/moved` });
    serve({ '/t/.well-known/openid-configuration': good, '/moved': away, '/k': keys });
    expect(await load('/t')).to.equal('TOKEN_KEYS_UNAVAILABLE');
    expect(asked).not.to.include('/k');
  });

  it('A-428 fetches no keys over http, and no document of 10 MB', async () => {
    serve({
      '/t/.well-known/openid-configuration': document({
        issuer: `${server.origin}/t`,
        jwks_uri: 'http://localhost:1/k',
      }),
    });
    expect(await load('/t')).to.equal('TOKEN_KEY');
    serve({ '/t/.well-known/openid-configuration': json(Buffer.alloc(10 * 1024 * 1024, 0x20)) });
    expect(await load('/t')).to.equal('TOKEN_KEYS_UNAVAILABLE');
  });

  it('says that nothing was found at either place', async () => {
    serve({});
    expect(await load('/t')).to.equal('TOKEN_KEYS_UNAVAILABLE');
    expect(asked).to.deep.equal(['/t/.well-known/openid-configuration', '/.well-known/oauth-authorization-server/t']);
  });

  it('loads the keys that the document of OpenID Connect names', async () => {
    serve({
      '/t/.well-known/openid-configuration': document({
        issuer: `${server.origin}/t`,
        jwks_uri: `${server.origin}/k?v=1`,
      }),
      '/k?v=1': keys,
    });
    expect(await load('/t')).to.equal('{"keys":[]} max-age=600');
  });

  it('loads by RFC 8414 where there is no other document', async () => {
    const path = '/.well-known/oauth-authorization-server/t';
    serve({ [path]: document({ issuer: `${server.origin}/t`, jwks_uri: `${server.origin}/k` }), '/k': keys });
    expect(await load('/t')).to.equal('{"keys":[]} max-age=600');
  });

  it('keeps the slash at the end of an issuer in the comparison alone', async () => {
    const path = '/.well-known/openid-configuration';
    serve({ [path]: document({ issuer: `${server.origin}/`, jwks_uri: `${server.origin}/k` }), '/k': keys });
    expect(await load('/')).to.equal('{"keys":[]} max-age=600');
    expect(await load('')).to.equal('TOKEN_ISSUER');
  });

  it('asks the issuer that is named in place of the one in the tokens (ADFS)', async () => {
    const issuer = `${server.origin}/adfs`;
    const found = { issuer, access_token_issuer: `${server.origin}/trust`, jwks_uri: `${server.origin}/k` };
    serve({ '/adfs/.well-known/openid-configuration': document(found), '/k': keys });
    expect(await load('/trust', { kind: 'discover', issuer })).to.equal('{"keys":[]} max-age=600');
    expect(await load('/other', { kind: 'discover', issuer })).to.equal('TOKEN_ISSUER');
  });
});
