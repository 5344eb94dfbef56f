/** Heads from text to verdict, as the data path does it: scan, then parse. */
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { HeadScanner } from '../../../../sidecar/http/head-scan.ts';
import { HTTP_LIMITS } from '../../../../sidecar/http/limits.ts';
import { parseRequest, refuseScan, type RequestRules } from '../../../../sidecar/http/parse-request.ts';
import { parseResponse, type ResponseRules } from '../../../../sidecar/http/parse-response.ts';
import type { RequestHead } from '../../../../sidecar/http/request.ts';
import type { ResponseHead } from '../../../../sidecar/http/response.ts';

export const RULES: RequestRules = { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false };
const SCAN = { ...HTTP_LIMITS, startLineBytes: HTTP_LIMITS.requestLineBytes };

export const bytesOf = (text: string | Buffer): Buffer =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text;

/** `more` where the head is not complete. */
export function readRequest(text: string | Buffer, rules: Partial<RequestRules> = {}): Outcome<RequestHead> | 'more' {
  return requestInParts([bytesOf(text)], rules);
}

/** The same, as it comes in parts: all that came so far is in one buffer, as the inbox has it. */
export function requestInParts(
  parts: readonly Buffer[],
  rules: Partial<RequestRules> = {},
): Outcome<RequestHead> | 'more' {
  const scanner = new HeadScanner(SCAN, 'head');
  let came = Buffer.alloc(0);
  for (const part of parts) {
    came = Buffer.concat([came, part]);
    const result = scanner.scan(came, 0, came.length);
    if (result === 'refused') return refuseScan(scanner);
    if (result === 'done') return parseRequest(came, 0, scanner, { ...RULES, ...rules });
  }
  return 'more';
}

export function readResponse(
  text: string | Buffer,
  rules: Partial<ResponseRules> = {},
): Outcome<ResponseHead> | 'more' {
  const scanner = new HeadScanner(HTTP_LIMITS, 'head');
  const bytes = bytesOf(text);
  const result = scanner.scan(bytes, 0, bytes.length);
  if (result === 'more') return 'more';
  if (result === 'refused') return { ok: false, refusal: { code: 'UPSTREAM_RESPONSE', detail: scanner.detail } };
  return parseResponse(bytes, 0, scanner, { method: 'GET', closeDelimited: true, ...rules });
}

/** `ok`, `more`, or the code. */
export function codeOf(outcome: Outcome<unknown> | 'more'): string {
  if (outcome === 'more') return 'more';
  return outcome.ok ? 'ok' : outcome.refusal.code;
}

export const get = (...fields: readonly string[]): string => head('GET / HTTP/1.1', 'Host: a', ...fields);
export const post = (...fields: readonly string[]): string => head('POST / HTTP/1.1', 'Host: a', ...fields);
export const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
