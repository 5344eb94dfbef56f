/** `cleat policy check|test|explain` over files, as the command line runs them. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { dispatch } from '../../../cli/dispatch.ts';
import { VERBS } from '../../../cli/verbs.ts';
import { captureIo } from '../../kit/captured-io.ts';
import { tempFolder } from '../ca/small-ca.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
const POLICY = example('policy.yaml');

async function run(...words: readonly string[]) {
  const io = captureIo();
  const code = await dispatch(['policy', ...words, '--config', example('sidecar.yaml')], VERBS, io);
  return { code, ...io.written };
}

/** The verdict of one case against the example, as `test` sees it. */
async function tryCase(text: string) {
  using folder = tempFolder();
  const file = `${folder.path}/cases.yaml`;
  writeFileSync(file, `cases:\n  - ${text}\n`);
  return await run('test', POLICY, '--cases', file);
}
const PAYS = 'name: n, caller: /ns/shop/sa/agent, request: {method: POST, path: /payments/7}';
const TOKEN = 'token: {issuer: cleat, audience: payments, scopes: [payments.write]}';

describe('cleat policy', () => {
  it('tells the mistakes of a policy with line and column: exit code 2', async () => {
    using folder = tempFolder();
    const file = `${folder.path}/policy.yaml`;
    writeFileSync(file, 'rules:\n  - {id: a, peers: [{any: true}], rates: 1}\n  - {id: A, peers: []}\n');
    const { code, err } = await run('check', file);
    expect(code).to.equal(2);
    expect(err)
      .to.match(/:2:\d+: rules\[0\]\.rates/)
      .and.to.match(/:3:\d+: rules\[1\]\.id/);
  });

  it('says that the example is sound', async () => {
    expect(await run('check', POLICY)).to.deep.include({ code: 0, err: '' });
  });

  it('fails a case that comes out otherwise, and says how: exit code 1', async () => {
    const wrong = [
      [`{${PAYS}, ${TOKEN}, expect: {verdict: refuse}}`, 'expected refuse, came admit'],
      [`{${PAYS}, ${TOKEN}, expect: {verdict: admit, rule: refunds}}`, 'expected rule refunds, came agent-pays'],
      [`{${PAYS}, expect: {verdict: refuse, code: POLICY_SCOPE}}`, 'expected POLICY_SCOPE, came refuse POLICY_NO_RULE'],
      [`{${PAYS}, ${TOKEN}}`, 'expect is missing'],
    ] as const;
    for (const [text, problem] of wrong) {
      const { code, out } = await tryCase(text);
      expect(code, text).to.equal(1);
      expect(out)
        .to.include(problem)
        .and.to.match(/passed 0, failed 1\n$/);
    }
  });

  it('refuses cases with unknown members, so that a typing mistake tests nothing else: exit code 2', async () => {
    const { code, err } = await tryCase(`{${PAYS}, tokens: {}, expect: {verdict: admit}}`);
    expect(code).to.equal(2);
    expect(err).to.include('tokens');
  });

  it('passes the cases of the example, claims, networks and times included', async () => {
    const { code, out } = await run('test', POLICY, '--cases', example('policy-cases.yaml'));
    expect([code, out]).to.deep.equal([0, 'passed 6, failed 0\n']);
  });

  it('names no rule for a path that is refused before any rule is tried', async () => {
    const escaped = 'name: n, caller: /ns/shop/sa/agent, request: {method: POST, path: /payments/%37}';
    const { code, out } = await tryCase(`{${escaped}, ${TOKEN}, expect: {verdict: refuse, rule: agent-pays}}`);
    expect(code).to.equal(1);
    expect(out).to.include('expected rule agent-pays, came none');
  });

  it('takes the client for the actor where nobody acts, and the subject for a claim, as the sidecar does', async () => {
    using folder = tempFolder();
    const [policy, cases] = [`${folder.path}/policy.yaml`, `${folder.path}/cases.yaml`];
    const rule = (path: string, keys: string) =>
      `  - {id: ${path}, peers: [{any: true}], paths: [{exact: /${path}}], ${keys}}\n`;
    writeFileSync(policy, `rules:\n${rule('act', 'actors: [{name: alice}]')}${rule('sub', 'claims: {sub: [alice]}')}`);
    const one = (path: string, verdict: string) =>
      `  - {name: ${path}, caller: /a, request: {method: GET, path: /${path}}, token: {issuer: cleat, audience: payments, subject: alice, claims: {client_id: web}}, expect: {verdict: ${verdict}}}\n`;
    writeFileSync(cases, `cases:\n${one('act', 'refuse')}${one('sub', 'admit')}`);
    expect((await run('test', policy, '--cases', cases)).out).to.equal('passed 2, failed 0\n');
  });

  it('explains for each rule what does not hold', async () => {
    const { out } = await run('explain', POLICY, '--cases', example('policy-cases.yaml'), '--json');
    const { cases } = JSON.parse(out) as {
      cases: readonly { readonly rule?: string; readonly rules: readonly object[] }[];
    };
    expect(cases[0]).to.include({ rule: 'agent-pays', verdict: 'admit', binding: 'required' });
    expect(cases[0]?.rules).to.deep.include({ id: 'agent-pays', unmet: [] });
    expect(cases[0]?.rules).to.deep.include({ id: 'no-batch', unmet: ['peers'] });
  });
});
