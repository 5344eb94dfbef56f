import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { caConfigTable } from '../../../ca/config.ts';
import { loadConfig } from '../../../runtime/config/load.ts';
import { formatMistake } from '../../../runtime/config/mistake.ts';

const BEGIN = `trustDomain: mesh.internal
dataDir: /var/lib/cleat
listen: {control: /run/cleat/ca.sock}
serverNames: [localhost]
`;

function blocksOf(page: string): readonly string[] {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, block = '']) => block);
}

function load(block: string) {
  return loadConfig({ file: 'ca.yaml', text: BEGIN + block, environment: {}, table: caConfigTable });
}

describe('docs/token-exchange.md', () => {
  const blocks = blocksOf('token-exchange.md');
  const names = ['keycloak', 'entra', 'auth0', 'keycloak', 'cluster', 'partner', 'keycloak'];

  it('has a block for each way that it names', () => {
    expect(blocks.map((block) => /name: (\S+)/.exec(block)?.[1])).to.deep.equal(names);
  });

  for (const [place, block] of blocks.entries()) {
    it(`writes block ${place + 1} (${names[place]}) so that it loads, and its rules name issuers that are there`, () => {
      const loaded = load(block);
      expect(loaded.ok ? [] : loaded.mistakes.map(formatMistake)).to.deep.equal([]);
      const tokens = loaded.ok ? loaded.value.tokens : undefined;
      const known = ['own', ...(tokens?.subjects ?? []).map(({ name }) => name)];
      expect(tokens?.rules).to.not.be.empty;
      for (const { onBehalfOf } of tokens?.rules ?? []) expect(known).to.include(onBehalfOf?.issuer);
    });
  }
});

describe('docs/token-service.md', () => {
  for (const [place, block] of blocksOf('token-service.md').entries()) {
    it(`writes block ${place + 1} so that it loads`, () => {
      const loaded = load(block);
      expect(loaded.ok ? [] : loaded.mistakes.map(formatMistake)).to.deep.equal([]);
    });
  }
});
