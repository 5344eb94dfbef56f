/** Writes every file that is made from a table: `npm run generate`. The house test compares the same texts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { caConfigTable } from '../ca/config.ts';
import { renderConfigPage } from '../runtime/config/page.ts';
import { schemaOf } from '../runtime/config/schema.ts';
import { sidecarConfigTable } from '../sidecar/config.ts';
import { policyTable } from '../sidecar/policy/schema.ts';
import { renderFaultsPage } from './faults-page.ts';
import { generateProto } from './generate-proto.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Every generated file, by its path from the root of the repository. */
export async function generate(): Promise<ReadonlyMap<string, string>> {
  const config = renderConfigPage([
    { name: 'ca.yaml', doc: 'The CA of one trust domain.', schema: schemaOf(caConfigTable) },
    { name: 'sidecar.yaml', doc: 'One sidecar beside one app.', schema: schemaOf(sidecarConfigTable) },
    {
      name: 'policy.yaml',
      doc: 'The policy of one sidecar, named by `policy` in its file. Environment variables do not reach it.',
      schema: schemaOf(policyTable({ issuers: ['cleat'], audiences: [] })),
    },
  ]);
  return new Map([['docs/config.md', config], ['docs/faults.md', renderFaultsPage()], ...(await generateProto())]);
}

if (import.meta.main) {
  for (const [path, text] of await generate()) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), text);
    console.log(path);
  }
}
