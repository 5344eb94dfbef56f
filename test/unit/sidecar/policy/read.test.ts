import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { parsePolicy, readPolicy } from '../../../../sidecar/policy/read.ts';

const known = { issuers: ['cleat', 'partner'], audiences: ['payments'] };
const RULE = '{id: a, peers: [{any: true}]}';
const RULES = `rules: [${RULE}]\n`;

/** The mistakes in this text, without the file's name. */
function mistakesIn(text: string): readonly string[] {
  const parsed = parsePolicy('policy.yaml', text, known);
  if (parsed.ok) return [];
  return parsed.refusal.detail.split('\n').map((line) => line.replace(/^policy\.yaml:/, ''));
}

describe('parsePolicy()', () => {
  const wrong: readonly [string, string, RegExp][] = [
    ['an empty file', '', /rules.*a list of 1 to 4096/],
    ['an empty list of rules', 'rules: []\n', /rules.*a list of 1 to 4096/],
    ['a list at the top', '- a\n', /a mapping with the keys routes, rules/],
    [
      'an unknown key at the top',
      `rules: [${RULE}]\nrulez: []\n`,
      /^2:1: rulez: found an unknown key; allowed: the keys routes, rules/,
    ],
    [
      'an unknown key in a rule',
      'rules:\n  - {id: a, peers: [{any: true}], rates: 20/s}\n',
      /^2:.*rules\[0\]\.rates: found an unknown key/,
    ],
    ['a rate that is no mapping', 'rules: [{id: a, peers: [{any: true}], rate: 20/s}]\n', /rules\[0\]\.rate/],
    [
      'a rate without a count',
      'rules: [{id: a, peers: [{any: true}], rate: {burst: 4}}]\n',
      /perCaller, perOrigin or both/,
    ],
    [
      'a rate without a unit',
      'rules: [{id: a, peers: [{any: true}], rate: {perCaller: 20}}]\n',
      /a rate such as 20\/s/,
    ],
    ['no claims', 'rules: [{id: a, peers: [{any: true}], claims: {}}]\n', /1 to 16 claims/],
    ['a claim with a nested value', 'rules: [{id: a, peers: [{any: true}], claims: {t: [{}]}}]\n', /texts, numbers/],
    ['a claim that is no path', 'rules: [{id: a, peers: [{any: true}], claims: {a..b: [x]}}]\n', /a claim such as/],
    ['no networks', 'rules: [{id: a, peers: [{any: true}], from: []}]\n', /rules\[0\]\.from/],
    ['what is no network', 'rules: [{id: a, peers: [{any: true}], from: [10.0.0.0/33]}]\n', /a network such as/],
    [
      'a mapped network',
      "rules: [{id: a, peers: [{any: true}], from: ['::ffff:10.0.0.0/104']}]\n",
      /a network such as/,
    ],
    [
      'an unknown zone',
      "rules: [{id: a, peers: [{any: true}], times: [{from: '08:00', to: '18:00', zone: Mars/X}]}]\n",
      /IANA/,
    ],
    [
      'a night in one entry',
      "rules: [{id: a, peers: [{any: true}], times: [{from: '22:00', to: '06:00'}]}]\n",
      /a night is two/,
    ],
    [
      'a time past the day',
      "rules: [{id: a, peers: [{any: true}], times: [{from: '08:00', to: '24:01'}]}]\n",
      /00:00 to 24:00/,
    ],
    ['an empty login', 'rules: [{id: a, peers: [{any: true}], login: {}}]\n', /acr, amr or maxAge/],
    ['a login with deny', 'rules: [{id: a, peers: [{any: true}], deny: true, login: {acr: [x]}}]\n', /admits nobody/],
    [
      'a rate with deny',
      'rules: [{id: a, peers: [{any: true}], deny: true, rate: {perCaller: 1/s}}]\n',
      /admits nobody/,
    ],
    [
      'an actor of two kinds',
      'rules: [{id: a, peers: [{any: true}], actors: [{exact: /a, name: b}]}]\n',
      /actors\[0\]/,
    ],
    [
      'an unknown key in a route',
      `routes: [{path: {under: /}, onTokenEnd: end}]\n${RULES}`,
      /onTokenEnd: found an unknown key/,
    ],
    ['a rule without an id', 'rules: [{peers: [{any: true}]}]\n', /rules\[0\]\.id/],
    ['a rule without peers', 'rules: [{id: a}]\n', /rules\[0\]\.peers.*a list of 1 to 256/],
    ['a rule with no peer in its list', 'rules: [{id: a, peers: []}]\n', /rules\[0\]\.peers/],
    ['an empty list of methods', 'rules: [{id: a, peers: [{any: true}], methods: []}]\n', /methods.*a list of 1 to 7/],
    [
      'a method in lower case',
      'rules: [{id: a, peers: [{any: true}], methods: [get]}]\n',
      /methods\[0\].*one of GET, HEAD/,
    ],
    ['CONNECT', 'rules: [{id: a, peers: [{any: true}], methods: [CONNECT]}]\n', /methods\[0\]/],
    ['a peer by regular expression', 'rules: [{id: a, peers: [{exact: /ns/.*}]}]\n', /peers\[0\]\.exact/],
    ['a peer by two forms', 'rules: [{id: a, peers: [{exact: /a, under: /b}]}]\n', /one of exact, under and any/],
    ['a peer by no form', 'rules: [{id: a, peers: [{}]}]\n', /one of exact, under and any/],
    ['any: false', 'rules: [{id: a, peers: [{any: false}]}]\n', /peers\[0\]\.any/],
    ['a path by two forms', `routes: [{path: {exact: /a, under: /b}}]\n${RULES}`, /one of exact and under/],
    ['a path by no form', `routes: [{path: {}}]\n${RULES}`, /one of exact and under/],
    ['a path as text', `routes: [{path: /a}]\n${RULES}`, /routes\[0\]\.path/],
    ['a path with a dot segment', `routes: [{path: {under: /a/../b}}]\n${RULES}`, /routes\[0\]\.path\.under/],
    ['a path with a needless escape', `routes: [{path: {exact: /%61}}]\n${RULES}`, /routes\[0\]\.path\.exact/],
    ['a path with a query', `routes: [{path: {exact: "/a?b"}}]\n${RULES}`, /routes\[0\]\.path\.exact/],
    [
      'an unknown binding',
      `routes: [{path: {under: /}, binding: none}]\n${RULES}`,
      /binding.*one of required, identity, optional, report/,
    ],
    [
      'an issuer that is not configured',
      'rules: [{id: a, peers: [{any: true}], issuers: [clat]}]\n',
      /issuers\[0\]: found clat; allowed: .*cleat, partner/,
    ],
    [
      'an audience that is not configured',
      'rules: [{id: a, peers: [{any: true}], audiences: [catalog]}]\n',
      /audiences\[0\]/,
    ],
    ['a scope with a quote', `rules: [{id: a, peers: [{any: true}], scopes: ['a"b']}]\n`, /scopes\[0\]/],
    ['a scope with a space', 'rules: [{id: a, peers: [{any: true}], scopes: ["a b"]}]\n', /scopes\[0\]/],
    [
      'a deny that demands scopes',
      'rules: [{id: a, peers: [{any: true}], deny: true, scopes: [x]}]\n',
      /scopes.*a rule with deny: true admits nobody/,
    ],
    ['one id twice', `rules: [${RULE}, ${RULE}]\n`, /each id once/],
    ['yes for true (YAML 1.2)', 'rules: [{id: a, peers: [{any: true}], deny: yes}]\n', /deny.*true or false/],
  ];
  for (const [what, text, mistake] of wrong) {
    it(`A-455 refuses ${what} by CONFIG_INVALID`, () => {
      expect(parsePolicy('policy.yaml', text, known)).to.have.nested.property('refusal.code', 'CONFIG_INVALID');
      expect(mistakesIn(text).join('\n')).to.match(mistake);
      expect(mistakesIn(text)).to.have.length(1);
    });
  }

  for (const text of [
    'rules: [',
    'rules: []\nrules: []\n',
    'a: &x []\nrules: *x\n',
    '---\nrules: []\n---\nrules: []\n',
  ]) {
    it(`A-455 refuses ${JSON.stringify(text)} by CONFIG_SYNTAX`, () => {
      expect(parsePolicy('policy.yaml', text, known)).to.have.nested.property('refusal.code', 'CONFIG_SYNTAX');
    });
  }

  it('tells all mistakes at once, in the order of the file, with line and column', () => {
    const text = 'routes:\n  - {path: {under: x}}\nrules:\n  - {id: A, peers: [{any: true}], rat: 1}\n  - {id: b}\n';
    expect(mistakesIn(text).map((line) => line.split(':').slice(0, 1)[0])).to.deep.equal(['2', '4', '4', '5']);
  });

  it('takes the defaults: a bound token is required, by lineage too, stays here, and the rule allows', () => {
    const parsed = parsePolicy('p', `routes: [{path: {under: /a}}]\nrules: [${RULE}]\n`, known);
    expect(parsed.ok && parsed.value).to.deep.equal({
      routes: [
        {
          path: { under: '/a' },
          binding: 'required',
          lineage: true,
          forwardToken: false,
          claims: false,
        },
      ],
      rules: [{ id: 'a', peers: [{ any: true }], scopes: [], deny: false }],
    });
  });
});

describe('readPolicy()', () => {
  const example = fileURLToPath(new URL('../../../../examples/policy.yaml', import.meta.url));

  it('reads the example', async () => {
    const read = await readPolicy(example, known);
    expect(read.ok && read.value.rules.map(({ id }) => id)).to.deep.equal([
      'health',
      'no-batch',
      'agent-pays',
      'shop-reads',
      'refunds',
    ]);
    expect(readFileSync(example, 'utf8')).to.include('routes:');
  });

  it('refuses a file that is not there by CONFIG_FILE', async () => {
    expect(await readPolicy('/nonexistent/policy.yaml', known)).to.have.nested.property('refusal.code', 'CONFIG_FILE');
  });
});
