/** Our own engine on the same bytes: head, framing and body of one message, by the parts that the data path is made of. */
import { createBodyReader } from '../../sidecar/http/body.ts';
import { HeadScanner } from '../../sidecar/http/head-scan.ts';
import { HTTP_LIMITS } from '../../sidecar/http/limits.ts';
import { parseRequest, type RequestRules } from '../../sidecar/http/parse-request.ts';
import { parseResponse } from '../../sidecar/http/parse-response.ts';
import { createNameTable } from '../../sidecar/http/protected-names.ts';
import type { Field } from '../../sidecar/http/request.ts';
import type { ResponseFraming } from '../../sidecar/http/response.ts';
import type { Verdict } from './llhttp.ts';

const SCAN = { ...HTTP_LIMITS, startLineBytes: HTTP_LIMITS.requestLineBytes };

/** A reader of messages of one kind; it remembers names as a connection does. */
export function createOurs(type: 'request' | 'response'): (bytes: Buffer) => Verdict {
  const names = createNameTable();
  const rules: RequestRules = { scheme: 'http', ambiguousPaths: true, bodyOnSafeMethods: false, names };
  const scanner = new HeadScanner(SCAN, 'head');

  return (bytes) => {
    scanner.reset();
    const scanned = scanner.scan(bytes, 0, bytes.length);
    if (scanned !== 'done') return scanned;
    if (type === 'request') {
      const head = parseRequest(bytes, 0, scanner, rules);
      if (!head.ok) return 'refused';
      const { method, target, fields, framing, keepAlive } = head.value;
      return withBody({ start: `${method} ${target}`, fields, framing, keepAlive }, bytes, scanner.length);
    }
    const head = parseResponse(bytes, 0, scanner, { method: 'GET', closeDelimited: true, names });
    if (!head.ok) return 'refused';
    const { status, fields, framing, keepAlive } = head.value;
    return withBody({ start: String(status), fields, framing, keepAlive }, bytes, scanner.length);
  };
}

interface Head {
  readonly start: string;
  readonly fields: readonly Field[];
  readonly framing: ResponseFraming;
  readonly keepAlive: boolean;
}

function withBody({ start, fields, framing, keepAlive }: Head, bytes: Buffer, from: number): Verdict {
  const reader = createBodyReader(framing, HTTP_LIMITS);
  const data: Buffer[] = [];
  const end = reader.state === 'open' ? reader.read(bytes, from, data) : from;
  if (reader.state === 'broken') return 'refused';
  if (reader.state === 'open' && framing.kind !== 'close') return 'more';
  return {
    start,
    fields: fields.map(({ lower, value }) => `${lower}: ${value}`),
    body: Buffer.concat(data).toString('latin1'),
    end,
    keepAlive,
  };
}
