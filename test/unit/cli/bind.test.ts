import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { clauseOfRefusal } from '../../../cli/bind/clauses.ts';
import { dispatch } from '../../../cli/dispatch.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { CATALOG, type Code } from '../../../core/fault/catalog.ts';
import { encodePem } from '../../../core/x509/pem.ts';
import { captureIo } from '../../kit/captured-io.ts';
import { issueLeaf, NOW } from '../../vectors/binding/authority.ts';
import { AUDIENCE, createWorld, ISSUER } from '../../vectors/binding/world.ts';

const VECTORS = fileURLToPath(new URL('../../vectors/binding/', import.meta.url));

describe('cleat bind', () => {
  const world = createWorld();
  let folder = '';
  const at = (name: string): string => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bind-'));
    const other = issueLeaf(world.root, { path: '/ns/shop/sa/other' });
    await writeFile(at('chain.pem'), encodePem('CERTIFICATE', world.agent.der));
    await writeFile(at('other.pem'), encodePem('CERTIFICATE', other.der));
    await writeFile(at('roots.pem'), encodePem('CERTIFICATE', world.root.der));
    await writeFile(at('jwks.json'), JSON.stringify({ keys: [world.issuerKey.jwk] }));
    await writeFile(at('token.txt'), `${world.token()}\n`);
    await writeFile(at('head.txt'), 'GET /v1/x HTTP/1.1\nHost: pay\nX-Note: a\n');
    await writeFile(
      at('policy.yaml'),
      'rules: [{id: agent, peers: [{exact: /ns/shop/sa/agent}], paths: [{under: /v1}], scopes: [pay.read]}]\n',
    );
    await writeFile(
      at('sidecar.yaml'),
      [
        'trustDomain: example.org',
        `credentials: {source: files, files: {certificate: /x, key: /y, bundle: ${at('roots.pem')}}}`,
        `inbound: [{listen: 127.0.0.1:8443, app: 127.0.0.1:8080, audience: ${AUDIENCE}}]`,
        `issuers: [{name: cleat, issuer: ${ISSUER}, jwks: 'https://ca.example.org/jwks.json'}]`,
        `policy: ${at('policy.yaml')}`,
      ].join('\n'),
    );
  });
  after(() => rm(folder, { recursive: true }));

  async function run(args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
    const io = captureIo(input);
    const code = await dispatch(['bind', ...args], VERBS, io);
    return { code, ...io.written };
  }
  const judge = (args: readonly string[], input?: string) =>
    run(
      ['--config', at('sidecar.yaml'), '--keys', `cleat=${at('jwks.json')}`, '--at', String(NOW), '--json', ...args],
      input,
    );
  const sound = (chain = 'chain.pem'): readonly string[] => [
    '--chain',
    at(chain),
    '--token',
    at('token.txt'),
    '--request',
    at('head.txt'),
  ];

  it('A-424 refuses the token on the certificate of another workload, with code, clause and answer: exit 1', async () => {
    const { code, out } = await judge(sound('other.pem'));
    const said: unknown = JSON.parse(out);
    expect(code).to.equal(1);
    expect(said).to.include({ verdict: 'refuse', code: 'BINDING_MISMATCH', status: 401 });
    expect(said).to.have.property('clause').that.contains('RFC 8705');
    expect(said).to.have.property('detail').that.contains(world.agent.x5t);
    expect(said).to.have.property('challenge').that.is.an('array').with.length(1);
    expect(out).not.to.contain(world.token().split('.')[1]);
  });

  it('refuses where no certificate is shown, and where the keys of the issuer are not given', async () => {
    const bare = await judge(['--token', at('token.txt')]);
    expect(JSON.parse(bare.out)).to.include({ code: 'PEER_NO_CERTIFICATE' });
    const keyless = await run(['--config', at('sidecar.yaml'), '--at', String(NOW), '--json', ...sound()]);
    expect(JSON.parse(keyless.out)).to.include({ code: 'TOKEN_KEYS_UNAVAILABLE', detail: 'give --keys cleat=FILE' });
  });

  it('refuses by policy a path that no rule names', async () => {
    const { code, out } = await judge(['--chain', at('chain.pem'), '--token', at('token.txt')]);
    expect(code).to.equal(1);
    expect(JSON.parse(out)).to.include({ code: 'POLICY_NO_RULE', status: 403 });
  });

  it('admits the token on its own certificate, from a file, from standard input or in the head: exit 0', async () => {
    const { code, out } = await judge(sound());
    expect(code).to.equal(0);
    expect(JSON.parse(out)).to.include({
      verdict: 'accept',
      rule: 'agent',
      binding: 'x5t#S256',
      clause: 'RFC 8705 section 3.1',
    });
    const piped = await judge(['--chain', at('chain.pem'), '--request', at('head.txt')], world.token());
    expect(piped.code, piped.out).to.equal(0);
    await writeFile(
      at('whole.txt'),
      `GET /v1/x HTTP/1.1\r\nHost: pay\r\nAuthorization: Bearer ${world.token()}\r\n\r\n`,
    );
    const whole = await judge(['--chain', at('chain.pem'), '--request', at('whole.txt')]);
    expect(whole.code, whole.out).to.equal(0);
  });

  it('judges at the time that --at says, in both forms', async () => {
    const args = ['--config', at('sidecar.yaml'), '--keys', `cleat=${at('jwks.json')}`, '--json', ...sound()];
    expect(JSON.parse((await run([...args, '--at', '2026-01-01T00:10:00Z'])).out)).to.include({
      code: 'TOKEN_EXPIRED',
    });
    expect((await run([...args, '--at', '2026-01-01T00:00:00Z'])).code).to.equal(0);
    expect((await run([...args, '--at', 'noon'])).code).to.equal(2);
  });

  it('prints lines for people, and takes no token on the command line', async () => {
    const lines = await run([
      '--config',
      at('sidecar.yaml'),
      '--keys',
      `cleat=${at('jwks.json')}`,
      '--at',
      String(NOW),
      ...sound(),
    ]);
    expect(lines.out).to.match(/^verdict: accept\nrule: agent\nbinding: x5t#S256\nclause: RFC 8705 section 3.1\n/);
    const secret = await run(['--config', at('sidecar.yaml'), '--token', world.token()]);
    expect(secret.code).to.equal(2);
    expect(secret.err).not.to.contain('eyJ');
  });

  it('tells mistakes of the command line: exit 2', async () => {
    for (const args of [
      [],
      ['--config', at('none.yaml')],
      ['--config', at('sidecar.yaml'), '--keys', 'x', ...sound()],
    ]) {
      expect((await run(args)).code, args.join(' ')).to.equal(2);
    }
    await writeFile(at('broken.yaml'), 'trustDomain: example.org\nnobody: 1\n');
    expect((await run(['--config', at('broken.yaml'), ...sound()])).code).to.equal(2);
    expect((await judge(['--audience', 'nobody', ...sound()])).code).to.equal(2);
    expect((await run(['--vectors', at('nowhere')])).code).to.equal(2);
  });

  describe('--vectors', () => {
    const write = async (change: (text: string) => string): Promise<string> => {
      const place = await mkdtemp(join(folder, 'vectors-'));
      await writeFile(join(place, 'x5t.json'), change(await readFile(join(VECTORS, 'x5t.json'), 'utf8')));
      return place;
    };

    it('fails, and says why, where the answer is not what is demanded: exit 1', async () => {
      const place = await write((text) => text.replace('"verdict": "accept"', '"verdict": "refuse"'));
      const { code, out } = await run(['--vectors', place]);
      expect(code).to.equal(1);
      expect(out).to.contain('failed: x5t.json x5t-001: demanded refuse, got accept (x5t#S256)\n');
      expect(out).to.match(/\npassed \d+, failed 1\n$/);
    });

    for (const [what, change] of [
      ['status', (text: string) => text.replace('"status": 401', '"status": 400')],
      ['error', (text: string) => text.replace('"error": "invalid_token"', '"error": "invalid_request"')],
      ['scheme', (text: string) => text.replace('"scheme": "Bearer"', '"scheme": "Basic"')],
      ['method', (text: string) => text.replace('"method": "x5t#S256"', '"method": "lineage"')],
      ['an unknown member of a case', (text: string) => text.replace('"comment":', '"remark": "", "comment":')],
    ] as const)
      it(`fails one case for ${what}`, async () => {
        const { out } = await run(['--vectors', await write(change), '--json']);
        expect(JSON.parse(out)).to.include({ failed: 1 });
      });

    for (const [what, change] of [
      ['an unknown member of the file', (text: string) => text.replace('"topic":', '"remark": "", "topic":')],
      ['another format', (text: string) => text.replace('vectors/1', 'vectors/2')],
      ['no JSON', () => '{'],
      ['no tests', () => '{"format":"token-binding-vectors/1","topic":"x","settings":{},"tests":[]}'],
    ] as const)
      it(`fails the whole file for ${what}`, async () => {
        const { code, out } = await run(['--vectors', await write(change)]);
        expect(out).to.match(/^failed: x5t.json x5t.json: .*\npassed 0, failed 1\n$/);
        expect(code).to.equal(1);
      });

    it('fails every case of settings with an unknown member', async () => {
      const { out } = await run(['--vectors', await write((text) => text.replace('"skew":', '"leeway": 1, "skew":'))]);
      expect(out).to.match(/\npassed 0, failed \d+\n$/);
    });

    it('names what the product cannot be told to do, and neither passes nor fails it', async () => {
      const place = await write((text) => text.replace('"ES256"\n', '"ES256", "ES256K"\n'));
      const { code, out } = await run(['--vectors', place]);
      expect(out).to.contain('unsupported: x5t.json x5t-001: algorithm ES256K\n');
      expect(out).to.match(/\npassed 0, failed 0\n$/);
      expect(code).to.equal(0);
    });

    it('accepts whatever comes of a case that the standards leave open', async () => {
      const place = await write((text) => text.replaceAll(/"verdict": "[a-z]+"/g, '"verdict": "either"'));
      expect((await run(['--vectors', place])).out).to.match(/^passed \d+, failed 0\n$/);
    });
  });

  it('has a clause for every code that a caller can be refused by', () => {
    const codes = Object.keys(CATALOG).filter((code) => /^(?:TOKEN|BINDING|POLICY)_/.test(code));
    expect(codes.filter((code) => clauseOfRefusal(code as Code) === undefined)).to.deep.equal([]);
  });
});
