/** `cleat peers --plaintext`: who still comes to a permissive port of a running sidecar without TLS. */
import { demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import { UsageMistake, type Verb } from './verb.ts';

export const peers: Verb = {
  name: 'peers',
  summary: 'list who still comes to a sidecar without TLS',
  about: [
    'Run it beside the sidecar, as its user. It knows the last 1000 addresses since its start; an address is no identity.',
    'Exit code 0 also where the list is empty: then a permissive port can become strict.',
  ].join('\n'),
  options: {
    plaintext: { doc: 'Those without TLS. There is no other list yet, so it must be given.' },
    control: { value: 'SOCKET', doc: 'Control socket of the sidecar. Default: /run/cleat/sidecar.sock.' },
    json: { doc: 'Print one JSON array.' },
  },
  example: 'cleat peers --plaintext',
  async run(invocation, io) {
    if (!invocation.has('plaintext')) throw new UsageMistake('--plaintext is missing');
    const path = invocation.text('control') ?? '/run/cleat/sidecar.sock';
    const found = demand(await callControl({ path, verb: 'peers', body: {} })) as readonly PeerLine[];
    if (invocation.has('json')) io.out(`${toSafeJson(found)}\n`);
    else io.out(found.length === 0 ? 'nobody comes without TLS\n' : found.map(render).join(''));
    return EXIT.ok;
  },
};

interface PeerLine {
  readonly address: string;
  readonly requests: number;
  readonly first: number;
  readonly last: number;
}

const render = ({ address, requests, first, last }: PeerLine): string =>
  `${escapeText(address)}  ${requests} requests, first ${timeOf(first)}, last ${timeOf(last)}\n`;

const timeOf = (instant: number): string => new Date(instant).toISOString();
