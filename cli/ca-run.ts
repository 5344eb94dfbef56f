/** `cleat ca run`: the CA, in this process. */
import { runCa } from '../ca/main.ts';
import type { Verb } from './verb.ts';

const CONFIG = '/etc/cleat/ca.yaml';

export const caRun: Verb = {
  name: 'ca run',
  summary: 'run a CA',
  about: [
    'It ends on SIGTERM or SIGINT when what is under way is done; a second signal ends it at once.',
    'CLEAT_ variables override the file: CLEAT_CERTIFICATES__TTL for certificates.ttl.',
  ].join('\n'),
  options: { config: { value: 'FILE', doc: `Configuration file. Default: ${CONFIG}.` } },
  example: 'cleat ca run --config examples/ca.yaml',
  run: (invocation) => runCa(invocation.text('config') ?? CONFIG),
};
