/** `cleat renew`: one forced rotation of a running sidecar's certificate, by its control socket. */
import { demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import type { Verb } from './verb.ts';

export const renew: Verb = {
  name: 'renew',
  summary: 'force one rotation of the certificate of a running sidecar',
  about: 'Run it beside the sidecar, as its user. It returns when the new certificate is in use.',
  options: {
    control: { value: 'SOCKET', doc: 'Control socket of the sidecar. Default: /run/cleat/sidecar.sock.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat renew --control /run/cleat/sidecar.sock',
  async run(invocation, io) {
    const path = invocation.text('control') ?? '/run/cleat/sidecar.sock';
    const answer = demand(await callControl({ path, verb: 'renew' }));
    if (invocation.has('json')) io.out(`${toSafeJson(answer)}\n`);
    else
      io.out(
        Object.entries(answer ?? {})
          .map(([name, value]) => `${name}: ${String(value)}\n`)
          .join(''),
      );
    return EXIT.ok;
  },
};
