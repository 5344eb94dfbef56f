/** `cleat join-token`: a one-time right to a first certificate, asked from a running CA by its control socket. */
import { Fault, demand } from '../core/fault/fault.ts';
import { callControl } from '../runtime/control-call.ts';
import { askCa, CA_OPTIONS } from './ask-ca.ts';
import { EXIT } from './io.ts';
import { writeSecret } from './secret-file.ts';
import { needed, type Verb } from './verb.ts';

export interface JoinTokenRequest {
  /** Path of the SPIFFE ID that the token vouches for: `/ns/shop/sa/agent`. */
  readonly path: string;
  /** DNS names that the certificate may hold besides. */
  readonly dnsNames: readonly string[];
  /** Duration as text; undefined: the CA's default. */
  readonly ttl: string | undefined;
}

export interface JoinTokenAnswer {
  /** Secret. */
  readonly token: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** Asks the CA behind this control socket. Throws the CA's code, or LIFE_SOCKET where nobody answers. */
export async function requestJoinToken(control: string, request: JoinTokenRequest): Promise<JoinTokenAnswer> {
  return readAnswer(demand(await callControl({ path: control, verb: 'join-token', body: request })));
}

function readAnswer(answer: unknown): JoinTokenAnswer {
  if (!isAnswer(answer)) throw new Fault('LIFE_SOCKET', 'the CA answered with something that holds no join token');
  return answer;
}

export const joinToken: Verb = {
  name: 'join-token',
  summary: 'make a one-time token with which a workload gets its first certificate',
  about: [
    'Run it beside the CA, as the user that runs the CA, or with the certificate of an administrator. The token names the',
    'root of the CA, so that whoever holds it knows whom to trust at first contact; it can be used once.',
  ].join('\n'),
  options: {
    path: { value: '/ns/NAMESPACE/sa/NAME', doc: 'Path of the SPIFFE ID that the token vouches for.', required: true },
    dns: {
      value: 'NAME',
      doc: 'DNS name that the certificate may hold: for servers whose clients check host names, such as curl.',
      multiple: true,
    },
    ttl: { value: 'DURATION', doc: "Time within which it must be used. Default: the CA's attestors.joinToken.ttl." },
    ...CA_OPTIONS,
    out: { value: 'FILE', doc: 'Write the token to this file, mode 0600. Default: standard output.' },
    json: { doc: 'Print one JSON object.' },
  },
  example: 'cleat join-token --path /ns/shop/sa/agent --out /run/agent/join-token',
  async run(invocation, io) {
    const path = needed(invocation, 'path');
    const order = { path, dnsNames: invocation.list('dns'), ttl: invocation.text('ttl') };
    const answer = readAnswer(await askCa(invocation, 'join-token', order));
    const out = invocation.text('out');
    if (out !== undefined) await writeSecret(out, `${answer.token}\n`);
    const shown = out === undefined ? { token: answer.token } : { file: out };
    if (invocation.has('json')) io.out(`${JSON.stringify({ ...shown, expiresAt: answer.expiresAt })}\n`);
    else if (out === undefined) io.out(`${answer.token}\n`);
    return EXIT.ok;
  },
};

function isAnswer(answer: unknown): answer is JoinTokenAnswer {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'token' in answer &&
    typeof answer.token === 'string' &&
    'expiresAt' in answer &&
    typeof answer.expiresAt === 'number'
  );
}
