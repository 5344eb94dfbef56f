/** The other end of the control socket: one call of one verb. Used by the command line; knows no verb by name. */
import { type IncomingMessage, request } from 'node:http';

import { type Code, CATALOG } from '../core/fault/catalog.ts';
import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';
import { readBody } from './control.ts';

/** What the verb answered. Refuses with the code of the verb, or with LIFE_SOCKET where nobody answered in the expected
 *  form. `signal` ends the wait. */
export async function callControl(call: {
  readonly path: string;
  readonly verb: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}): Promise<Outcome<unknown>> {
  try {
    const response = await post(call);
    const body = await readBody(response, ANSWER_MOST);
    return body === undefined ? refuse('LIFE_SOCKET', `the answer is larger than ${ANSWER_MOST} bytes`) : read(body);
  } catch (cause) {
    return refuse('LIFE_SOCKET', `no answer on ${call.path}: ${explain(cause)}`);
  }
}

const ANSWER_MOST = 8 * 1024 * 1024;

function post({ path, verb, body, signal }: Parameters<typeof callControl>[0]): Promise<IncomingMessage> {
  const content = Buffer.from(JSON.stringify(body ?? null));
  return new Promise((resolve, reject) => {
    const call = request({
      socketPath: path,
      path: `/${encodeURIComponent(verb)}`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': content.length, host: 'control' },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    });
    call.once('response', resolve);
    call.once('error', reject);
    call.end(content);
  });
}

function read(body: Buffer): Outcome<unknown> {
  const answer: unknown = JSON.parse(body.toString('utf8'));
  if (typeof answer !== 'object' || answer === null) return refuse('LIFE_SOCKET', 'the answer is not an object');
  if ('ok' in answer && answer.ok === true && 'value' in answer) return admit(answer.value);
  const refusal = 'refusal' in answer ? answer.refusal : undefined;
  if (typeof refusal !== 'object' || refusal === null || !('code' in refusal) || !('detail' in refusal)) {
    return refuse('LIFE_SOCKET', 'the answer has neither a value nor a refusal');
  }
  const { code, detail } = refusal;
  return isCode(code) ? refuse(code, String(detail)) : refuse('LIFE_SOCKET', 'the answer has an unknown code');
}

function isCode(code: unknown): code is Code {
  return typeof code === 'string' && Object.hasOwn(CATALOG, code);
}

function explain(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such socket; is the process running?';
  if (code === 'ECONNREFUSED') return 'the process behind it is gone';
  if (code === 'EACCES') return 'it belongs to another user';
  return cause instanceof Error ? cause.message : String(cause);
}
