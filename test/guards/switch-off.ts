/** Loaded before a suite by `main.ts`: the guard that CLEAT_GUARD names is off in this process. No file is changed. */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

import { ROOT, withoutGuard } from './guard.ts';
import { GUARDS } from './guards.ts';

const guard = GUARDS.find(({ name }) => name === process.env['CLEAT_GUARD']);
if (guard === undefined) throw new Error('CLEAT_GUARD names no guard');
const target = pathToFileURL(`${ROOT}${guard.file}`).href;
const source = withoutGuard(guard);

registerHooks({
  load: (url, context, next) =>
    url === target ? { format: 'module-typescript', source, shortCircuit: true } : next(url, context),
});
