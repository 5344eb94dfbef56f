import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { loadConfig } from '../../../../runtime/config/load.ts';
import { sidecarConfigTable } from '../../../../sidecar/config.ts';

const BEGIN = `trustDomain: a
credentials: {ca: {bootstrap: [ca:1], mesh: [ca:2], evidence: {kind: joinToken, file: /run/token}}}
policy: /policy.yaml
inbound: [{listen: "127.0.0.1:1", app: "127.0.0.1:2", audience: "https://pay.example.org"}]
`;
const PAGE = new URL('../../../../docs/issuers.md', import.meta.url);

describe('docs/issuers.md', () => {
  const page = readFileSync(PAGE, 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, block = '']) => block);

  it('has an entry for each issuer that it names', () => {
    expect(blocks).to.have.length(page.split('\n').filter((line) => /^## (?!What)/.test(line)).length);
  });

  for (const block of blocks) {
    const name = /name: (\S+)/.exec(block)?.[1] ?? '';
    it(`writes an entry for ${name} that loads`, () => {
      const table = sidecarConfigTable;
      const loaded = loadConfig({ file: 'sidecar.yaml', text: BEGIN + block, environment: {}, table });
      expect(loaded.ok ? [] : loaded.mistakes).to.deep.equal([]);
      expect(loaded).to.have.nested.property('value.issuers[0].name', name);
    });
  }
});
