import { readFileSync } from 'node:fs';

import { expect } from 'chai';

const ROOT = new URL('../../../../', import.meta.url);

/** Where what a stranger shows is compared with what he would have to guess. */
const COMPARES = [
  'core/identity/secret.ts',
  'core/token/confirmation.ts',
  'core/token/lineage.ts',
  'runtime/token/nonces.ts',
  'ca/tokens/api-key.ts',
  'ca/tokens/client-secret.ts',
];

describe('compares of digests and secrets', () => {
  for (const path of COMPARES) {
    it(`A-431 take the same time wherever the difference is: ${path}`, () => {
      const source = readFileSync(new URL(path, ROOT), 'utf8');
      expect(source).to.match(/timingSafeEqual\([^)]/);
      expect(source).to.not.match(/Buffer\.compare\(|(?:thumbprint|digest|mac|found|good)\.equals\(/);
    });
  }
});
