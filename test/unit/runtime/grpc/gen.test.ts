import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { generateProto } from '../../../../scripts/generate-proto.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

describe('runtime/grpc/gen', () => {
  it('is what scripts/generate-proto.ts makes of proto, file for file', async () => {
    const fresh = await generateProto();
    const folder = join(ROOT, 'runtime/grpc/gen');
    const present = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.ts'));
    expect(present.map((path) => `runtime/grpc/gen/${path}`).sort()).to.deep.equal([...fresh.keys()].sort());
    for (const [path, text] of fresh) expect(await readFile(join(ROOT, path), 'utf8'), path).to.equal(text);
  });
});
