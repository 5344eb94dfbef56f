/**
 * Reads the one form of a request to the token service, bounded. How the body is framed and encoded must be said in one way only:
 * what two readers could read in two ways is refused. A credential is taken from a header or, where the standard has it there,
 * from the body; one in the URL is refused, since URLs end up in logs.
 */
import type { IncomingMessage } from 'node:http';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { type Form, FORM_MOST, parseForm } from '../tokens/form.ts';

/** The parameters. Refuses: GRANT_TOKEN_REQUEST | GRANT_TARGET. */
export async function readForm(request: IncomingMessage): Promise<Outcome<Form>> {
  const framed = checkFraming(request);
  if (!framed.ok) return framed;
  const body = await readBody(request);
  return body.ok ? parseForm(framed.value, body.value) : body;
}

/** Gives the media type, as it came. */
function checkFraming(request: IncomingMessage): Outcome<string | undefined> {
  if (request.url?.includes('?') === true)
    return bad('the URL has a query: parameters belong in the body, keys in a header');
  if (request.headers['content-encoding'] !== undefined) return bad('the body is encoded: send it as it is');
  const coding = valuesOf(request, 'transfer-encoding');
  if (coding.length > 1 || coding.some((value) => value.trim().toLowerCase() !== 'chunked'))
    return bad('Transfer-Encoding is something else than chunked');
  const [type, ...more] = valuesOf(request, 'content-type');
  if (more.length > 0) return bad('several Content-Type fields');
  return admit(type);
}

async function readBody(request: IncomingMessage): Promise<Outcome<Buffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Left open where it is too long, so that the client hears why.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > FORM_MOST) return bad(`the body is longer than ${FORM_MOST} bytes`);
      chunks.push(chunk);
    }
  } catch {
    // Who went away, or was too slow, is no defect of ours.
    return bad('the connection ended before the body did');
  }
  return admit(Buffer.concat(chunks));
}

/** All lines of this name; Node's own view drops or joins some. */
export function valuesOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): readonly string[] {
  return rawHeaders.flatMap((value, at) => (at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name ? value : []));
}

const bad = (detail: string): Outcome<never> => refuse('GRANT_TOKEN_REQUEST', detail);
