/** `cleat token-key`: the keys that sign the tokens of a CA, and a new one. */
import { demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { escapeText, toSafeJson } from '../runtime/escape.ts';
import { EXIT } from './io.ts';
import { UsageMistake, type Verb } from './verb.ts';

export const tokenKey: Verb = {
  name: 'token-key',
  summary: 'show the keys that sign tokens, or rotate them',
  about: [
    'Run it beside the CA, as its user. A new key is published 11 minutes before it signs, and an old one stays published for',
    'an hour after its last token, so no token is refused. Without --rotate it only shows them; the CA rotates by itself at the',
    'age that `tokens.keys.rotateAfter` says. --rotate now is for a key that is no longer only yours: all keys of before leave the',
    'published set at once and are revoked, and every token that they signed ends: sidecars ask for new ones.',
  ].join('\n'),
  options: {
    rotate: {
      value: 'soon|now',
      doc: 'Ask for a new key: soon, once verifiers know it; now, at once, and the old ones end.',
    },
    control: { value: 'SOCKET', doc: 'Control socket of the CA. Default: /run/cleat/ca.sock.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat token-key --rotate soon --control /run/cleat/ca.sock',
  async run(invocation, io) {
    const rotate = invocation.text('rotate');
    if (rotate !== undefined && rotate !== 'soon' && rotate !== 'now') throw new UsageMistake('--rotate: soon or now');
    const path = invocation.text('control') ?? '/run/cleat/ca.sock';
    const answer = demand(await callControl({ path, verb: 'token-key', body: rotate === undefined ? {} : { rotate } }));
    if (invocation.has('json')) io.out(`${toSafeJson(answer)}\n`);
    else for (const line of linesOf(answer)) io.out(`${escapeText(line)}\n`);
    return EXIT.ok;
  },
};

function linesOf(answer: unknown): readonly string[] {
  const keys = typeof answer === 'object' && answer !== null && 'keys' in answer ? answer.keys : [];
  return Array.isArray(keys)
    ? keys.map((key: Readonly<Record<string, unknown>>) => `${String(key['id'])}  ${stateOf(key)}`)
    : [];
}

function stateOf({ publishedAt, signsFrom, retiredAt }: Readonly<Record<string, unknown>>): string {
  if (signsFrom === undefined) return `published since ${timeOf(publishedAt)}, does not sign yet`;
  return retiredAt === undefined
    ? `signs since ${timeOf(signsFrom)}`
    : `retired at ${timeOf(retiredAt)}, still published`;
}

const timeOf = (seconds: unknown): string => new Date(Number(seconds) * 1000).toISOString();
