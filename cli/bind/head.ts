/** The head of a request from its bytes, by the parser and the limits of a listener. */
import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import { HeadScanner } from '../../sidecar/http/head-scan.ts';
import { HTTP_LIMITS } from '../../sidecar/http/limits.ts';
import { parseRequest, refuseScan } from '../../sidecar/http/parse-request.ts';
import type { RequestHead } from '../../sidecar/http/request.ts';

const RULES = { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false } as const;

/** Gives the head. Refuses as `parseRequest` and `refuseScan` do. */
export function readHead(bytes: Buffer): Outcome<RequestHead> {
  const { headBytes, requestLineBytes, fields } = HTTP_LIMITS;
  const scanner = new HeadScanner({ headBytes, startLineBytes: requestLineBytes, fields }, 'head');
  const found = scanner.scan(bytes, 0, bytes.length);
  if (found === 'refused') return refuseScan(scanner);
  if (found === 'more') return refuse('REQUEST_HEAD', 'the head has no end');
  return parseRequest(bytes, 0, scanner, RULES);
}

/** The bytes of a head. `Host` is added where the fields have none. No field holds a line end. */
export function writeHead(
  line: { readonly method: string; readonly target: string },
  fields: Fields,
  host: string,
): Buffer {
  const hasHost = fields.some(([name]) => name.toLowerCase() === 'host');
  const lines = [...(hasHost ? [] : [['Host', host] as const]), ...fields].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.from(`${line.method} ${line.target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}

export type Fields = readonly (readonly [name: string, value: string])[];

/** The bytes of a head as somebody wrote it into a file: any line ends, `Host` added where it lacks, a token added as `Bearer`. */
export function headFrom(text: string, token: string | undefined): Buffer {
  const [line = '', ...rest] = text.split(/\r?\n/);
  const end = rest.indexOf('');
  const fields = end === -1 ? rest : rest.slice(0, end);
  const hasHost = fields.some((field) => /^host:/i.test(field));
  const lines = [
    / HTTP\/[0-9.]+$/.test(line) ? line : `${line} HTTP/1.1`,
    ...(hasHost ? [] : ['Host: service.example']),
    ...fields,
    ...(token === undefined || token === '' ? [] : [`Authorization: Bearer ${token}`]),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
