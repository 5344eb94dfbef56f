/** `cleat ca backup`: a copy of the journal of a running CA, asked for by its control socket. */
import { resolve } from 'node:path';

import { demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { EXIT } from './io.ts';
import { needed, type Verb } from './verb.ts';

export const caBackup: Verb = {
  name: 'ca backup',
  summary: "copy a running CA's journal into a file",
  about: [
    'The CA writes the file itself (mode 0600, never over one that is there) and goes on issuing meanwhile. The journal has',
    'no keys: docs/backup.md says what else to keep.',
  ].join('\n'),
  options: {
    out: { value: 'FILE', doc: 'The new file, as the CA sees it.', required: true },
    control: { value: 'SOCKET', doc: 'Control socket of the CA. Default: /run/cleat/ca.sock.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat ca backup --out /var/backups/cleat/journal-monday.sqlite',
  async run(invocation, io) {
    const file = resolve(needed(invocation, 'out'));
    const path = invocation.text('control') ?? '/run/cleat/ca.sock';
    demand(await callControl({ path, verb: 'backup', body: { file } }));
    io.out(invocation.has('json') ? `${JSON.stringify({ file })}\n` : `${file}\n`);
    return EXIT.ok;
  },
};
