/** Plain HTTP to the processes of the demo: their apps and admin pages on 127.0.0.1, the second issuer on its socket. */
import { request as httpRequest, type RequestOptions } from 'node:http';

export interface Page {
  readonly status: number;
  readonly body: string;
}

const DEADLINE_MS = 10_000;

/** Rejects when nobody answers. */
export function ask(
  where: { readonly port: number } | { readonly socketPath: string },
  target: string,
  body?: unknown,
): Promise<Page> {
  const [method = 'GET', path = '/'] = target.split(' ');
  const content = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions = {
    ...('port' in where ? { host: '127.0.0.1', port: where.port } : where),
    method,
    path,
    agent: false,
    signal: AbortSignal.timeout(DEADLINE_MS),
    headers: content === undefined ? {} : { 'content-length': Buffer.byteLength(content) },
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    request.on('error', reject);
    request.end(content);
  });
}

/** As `ask`, undefined when nobody answers. */
export function tryAsk(where: { readonly port: number }, target: string): Promise<Page | undefined> {
  return ask(where, target).catch(() => undefined);
}
