/** `cleat sidecar run`: a sidecar, in this process. */
import { runSidecar } from '../sidecar/main.ts';
import type { Verb } from './verb.ts';

const CONFIG = '/etc/cleat/sidecar.yaml';

export const sidecarRun: Verb = {
  name: 'sidecar run',
  summary: 'run a sidecar beside an app',
  about: [
    'It ends on SIGTERM or SIGINT when what is under way is done; a second signal ends it at once.',
    'CLEAT_ variables override the file: CLEAT_DRAIN__GRACE for drain.grace.',
  ].join('\n'),
  options: { config: { value: 'FILE', doc: `Configuration file. Default: ${CONFIG}.` } },
  example: 'cleat sidecar run --config examples/sidecar.yaml',
  run: (invocation) => runSidecar(invocation.text('config') ?? CONFIG),
};
