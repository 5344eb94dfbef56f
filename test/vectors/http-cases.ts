/**
 * Smuggling and desync vectors: each through the head parser, whole and cut at every offset, and then through a sidecar of
 * its own process in front of an app that keeps every byte. A case is refused when it is answered by one refusal of the
 * parser, the connection ends and the app got nothing; accepted when the app got it as exactly one canonical message.
 */
import type { TLSSocket } from 'node:tls';

import type { Code } from '../../core/fault/catalog.ts';
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import { type LoneSidecar, startLoneSidecar } from '../kit/lone-sidecar.ts';
import { type RecordingApp, startRecordingApp } from '../kit/recording-app.ts';
import { codeOf, readRequest, requestInParts } from '../unit/sidecar/http/heads.ts';
import { type Document, isMembers } from './document.ts';
import { type Case, type Exception, score, type Score } from './score.ts';

/** Object, `"<set>:<mutation>"` -> hex of a whole request. */
export function knowsSmuggler(document: Document): boolean {
  if (!isMembers(document)) return false;
  const names = Object.keys(document);
  return names.length > 0 && names.every((name) => name.includes(':') && isHex(document[name]));
}

/** Array of `[source file, case name, tier, reason, hex of the head]`. */
export function knowsDesync(document: Document): boolean {
  return Array.isArray(document) && document.length > 0 && document.every((one) => Array.isArray(one) && isHex(one[4]));
}

const isHex = (value: unknown): boolean => typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value);

/** Runs a file of either kind. */
export async function scoreHttp(document: Document): Promise<Score> {
  await using app = await startRecordingApp();
  await using sidecar = await startLoneSidecar({ appPort: app.port });
  const places = { app, sidecar };
  return await score(Array.isArray(document) ? desyncCases(document, places) : smugglerCases(document, places));
}

interface Places {
  readonly app: RecordingApp;
  readonly sidecar: LoneSidecar;
}

function smugglerCases(document: Document, places: Places): readonly Case[] {
  if (!isMembers(document)) throw new Error('not an object');
  return Object.entries(document).map(([id, hex]) => {
    const content = String(hex);
    const text = Buffer.from(content, 'hex').toString('latin1');
    const complete = text.replace('Host: a\r\n', `Host: a\r\nAuthorization: Bearer ${places.sidecar.token}\r\n`);
    return caseOf({ id, content, complete, expected: 'refused' }, places);
  });
}

function desyncCases(document: readonly unknown[], places: Places): readonly Case[] {
  return document.map((one) => {
    const [source, name, tier, , hex] = one as readonly string[];
    const content = String(hex);
    const complete = completed(Buffer.from(content, 'hex').toString('latin1'), places.sidecar.token);
    return caseOf(
      { id: `${source}: ${name}`, content, complete, expected: tier === 'Compliant' ? 'accepted' : 'refused' },
      places,
    );
  });
}

/** What is missing so that nothing else does the parser's work: `Host`, a good token, and the body that is declared. */
function completed(head: string, token: string): string {
  const line = head.indexOf('\n') + 1;
  const host = /^host[ \t]*:/im.test(head) ? '' : 'Host: a\r\n';
  const whole = `${head.slice(0, line)}${host}Authorization: Bearer ${token}\r\n${head.slice(line)}`;
  const length = /^content-length:[ \t]*(\d{1,6})[ \t]*\r$/im.exec(head)?.[1];
  if (length !== undefined) return `${whole}${'x'.repeat(Number(length))}`;
  return /^transfer-encoding:[ \t]*chunked[ \t]*\r$/im.test(head) ? `${whole}0\r\n\r\n` : whole;
}

interface Plan {
  readonly id: string;
  readonly content: string;
  readonly complete: string;
  readonly expected: Case['expected'];
}

function caseOf({ id, content, complete, expected }: Plan, places: Places): Case {
  const bytes = Buffer.from(complete, 'latin1');
  const covered = HTTP_EXCEPTIONS.find((one) => one.expected === expected && one.covers(complete));
  return {
    id,
    expected,
    content,
    exception: covered,
    async judge() {
      demandSameWhereverItIsCut(bytes);
      return send(bytes, places);
    },
  };
}

/** P3: the verdict does not depend on how the bytes come. */
function demandSameWhereverItIsCut(bytes: Buffer): void {
  const whole = codeOf(readRequest(bytes));
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const found = codeOf(requestInParts([bytes.subarray(0, cut), bytes.subarray(cut)]));
    if (found !== whole) throw new Error(`${whole} in one piece, ${found} when it is cut at ${cut}`);
  }
}

/** Through the sidecar. Throws where it was neither refused cleanly nor forwarded as exactly one canonical message. */
async function send(bytes: Buffer, { app, sidecar }: Places): Promise<Outcome<unknown>> {
  const socket = await sidecar.connect();
  socket.write(bytes);
  const answer = await answerOf(socket);
  socket.destroy();
  const record = await sidecar.nextLine((line) => line['kind'] === 'request');
  const got = app.take();
  const code = record['code'];
  if (answer.startsWith('HTTP/1.1 200 ')) {
    const [only, ...more] = got;
    if (only === undefined || more.length > 0) throw new Error(`the app got ${got.length} messages`);
    demandCanonical(only, bytes.toString('latin1'));
    return admit(undefined);
  }
  if (got.length > 0) throw new Error(`refused, and the app got ${JSON.stringify(got)}`);
  if (!STATUSES.some((status) => answer.startsWith(`HTTP/1.1 ${status} `))) throw new Error(`answered ${answer}`);
  if (!answer.includes('\r\nConnection: close\r\n')) throw new Error('refused, and the connection stays open');
  if (typeof code !== 'string' || !code.startsWith('REQUEST_')) throw new Error(`refused as ${String(code)}`);
  return refuse(code as Code, String(record['detail']));
}

const STATUSES = [400, 413, 414, 417, 431, 501, 505];

/** The whole answer: up to the end of the connection, or of the one body that the app gives. */
async function answerOf(socket: TLSSocket): Promise<string> {
  let text = '';
  const ended = new Promise<void>((resolve) => socket.once('end', () => resolve()).once('close', () => resolve()));
  const whole = new Promise<void>((resolve) => {
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
      if (text.startsWith('HTTP/1.1 200 ') && text.endsWith('\r\n\r\nok')) resolve();
    });
  });
  await Promise.race([ended, whole]);
  return text;
}

/** One head with one framing, and the very body: what was after it on the wire is in no message. */
function demandCanonical(got: string, sent: string): void {
  const end = got.indexOf('\r\n\r\n');
  const lines = got.slice(0, end).split('\r\n').slice(1);
  if (!lines.every((line) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~]*$/.test(line))) throw new Error(`sent ${got}`);
  const named = (name: string): readonly string[] => lines.filter((line) => line.toLowerCase().startsWith(`${name}:`));
  const framing = [...named('content-length'), ...named('transfer-encoding')];
  if (framing.length > 1 || named('host').length !== 1 || named('authorization').length > 0) throw new Error(got);
  const body = got.slice(end + 4);
  const asked = sent.slice(sent.indexOf('\r\n\r\n') + 4);
  const [declared = 'content-length: 0'] = framing;
  const length = /^content-length: (\d+)$/i.exec(declared)?.[1];
  const expected = length === undefined ? '0\r\n\r\n' : asked.slice(0, Number(length));
  if (body !== expected) throw new Error(`the body became ${JSON.stringify(body)}`);
}

export interface HttpException extends Exception {
  readonly expected: Case['expected'];
  readonly covers: (request: string) => boolean;
}

const fieldsOf = (request: string): readonly string[] => (request.split('\r\n\r\n', 1)[0] ?? '').split('\r\n').slice(1);

export const HTTP_EXCEPTIONS: readonly HttpException[] = [
  {
    rule: 'the gadget is the value of an ordinary field',
    reason: 'a legal field line; the app gets one message with its length and no Transfer-Encoding',
    codes: [],
    expected: 'refused',
    covers: (request) =>
      fieldsOf(request).every((line) => /^[A-Za-z-]+:[\t -~]*$/.test(line) && !/^transfer-?encoding:/i.test(line)) &&
      fieldsOf(request).some((line) => line.startsWith('X:')),
  },
  {
    rule: 'Transfer-Encoding other than exactly chunked',
    reason: 'a list or another coding is read in two ways by two servers',
    codes: ['REQUEST_FRAMING'],
    expected: 'accepted',
    covers: (request) =>
      fieldsOf(request).some((line) => /^transfer-encoding:/i.test(line) && !/^[^:]*: *chunked *$/i.test(line)),
  },
  {
    rule: 'a target with bytes that no target may hold',
    reason: 'RFC 3986 section 2: they are percent-encoded',
    codes: ['REQUEST_TARGET'],
    expected: 'accepted',
    covers: (request) => /^[A-Z]+ [^ ]*[^ !#-;=?-Z_a-z~]/.test(request.split('\r\n', 1)[0] ?? ''),
  },
  {
    rule: 'a field value with bytes above 0x7E',
    reason: 'visible ASCII alone; these are control characters in UTF-8 besides',
    codes: ['REQUEST_HEAD'],
    expected: 'accepted',
    covers: (request) => fieldsOf(request).some((line) => /[^\t -~]/.test(line)),
  },
];
