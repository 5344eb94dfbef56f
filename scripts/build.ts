/**
 * Makes `dist/`: one CommonJS file a process, by esbuild. `--replace MODULE=FILE` swaps one source file for another, for
 * test builds that show what breaks without it; nothing in the product asks for it.
 */
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build, type Plugin } from 'esbuild';

import { NODE_FLOOR } from '../runtime/environment.ts';

/** Said before anything is loaded: an older Node has no `node:sqlite`, and would end with a stack. */
const FLOOR = [
  "if(Number(process.versions.node.split('.')[0])<24){",
  `process.stderr.write('cleat: CONFIG_ENVIRONMENT: Node '+process.version+' is below the floor, ${NODE_FLOOR} is needed\\n');`,
  'process.exit(2)}',
].join('');

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Name in `dist/` -> source that runs when the file is started. */
const ENTRIES = {
  cleat: 'cli/cleat.ts',
  ca: 'cli/entry-ca.ts',
  sidecar: 'cli/entry-sidecar.ts',
  'journal-thread': 'ca/journal/thread.ts',
  'demo-payments': 'demo/payments.ts',
  'demo-agent': 'demo/agent.ts',
  'demo-issuer': 'demo/issuer.ts',
  'demo-keeper': 'demo/keeper.ts',
} as const;

const { values } = parseArgs({
  options: {
    quiet: { type: 'boolean', default: false },
    out: { type: 'string', default: join(ROOT, 'dist') },
    replace: { type: 'string', multiple: true, default: [] },
  },
});

/** `MODULE=FILE`, both from the root of the repository. */
function replacement(text: string): Plugin {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--replace ${text}: MODULE=FILE is wanted`);
  const module = resolve(ROOT, text.slice(0, at));
  const file = resolve(ROOT, text.slice(at + 1));
  const filter = new RegExp(`^${module.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`);
  return {
    name: 'replace',
    setup(bundler) {
      let used = false;
      bundler.onLoad({ filter }, async () => {
        used = true;
        return { contents: await readFile(file, 'utf8'), loader: 'ts', resolveDir: dirname(file) };
      });
      bundler.onEnd(() => (used ? {} : { errors: [{ text: `--replace ${module}: no entry imports it` }] }));
    },
  };
}

const started = performance.now();
await rm(values.out, { recursive: true, force: true });
const result = await build({
  absWorkingDir: ROOT,
  entryPoints: { ...ENTRIES },
  outdir: values.out,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  minify: true,
  keepNames: true,
  legalComments: 'external',
  banner: { js: `${FLOOR}const __moduleUrl=require('node:url').pathToFileURL(__filename).href;` },
  define: {
    'import.meta.url': '__moduleUrl',
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
  },
  plugins: values.replace.map(replacement),
  metafile: true,
  logLevel: 'warning',
});

if (!values.quiet) {
  for (const [path, output] of Object.entries(result.metafile.outputs))
    if (path.endsWith('.cjs')) console.log(`${path} ${Math.round(output.bytes / 1024)} KiB`);
  console.log(`built in ${Math.round(performance.now() - started)} ms`);
}
