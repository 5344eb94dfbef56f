/**
 * From a scanned head to a request, or to the one refusal that it deserves. It accepts a strict subset of RFC 9112 and
 * repairs nothing: whatever two servers may read in two ways is refused (`docs/attacks.md`, A-201 to A-269).
 * Pure: it sees one head, no connection and no body.
 */
import type { Code } from '../../core/fault/catalog.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { isAll, TCHAR } from './bytes.ts';
import { readConnection, readFields, type FieldRules } from './fields.ts';
import { declaredFraming } from './framing.ts';
import type { HeadScanner, ScanProblem } from './head-scan.ts';
import { isHost } from './parse-host.ts';
import { parseTarget, type TargetRules } from './parse-target.ts';
import { type NameTable, protectionOf } from './protected-names.ts';
import type { Framing, RequestHead } from './request.ts';
import { checkUpgrade } from './upgrade.ts';

export interface RequestRules extends TargetRules {
  /** Lets a body on GET, HEAD and OPTIONS through: many apps leave it unread, and then read it as a request. Default false. */
  readonly bodyOnSafeMethods: boolean;
  /** Remembers field names; absent: nobody does. */
  readonly names?: NameTable | undefined;
}

/** No CONNECT and no TRACE: the one opens a tunnel, the other echoes credentials. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const RULES: FieldRules = {
  guards: () => true,
  field: 'REQUEST_FIELD',
  guarded(lower) {
    if (lower === 'host') return 'REQUEST_HOST';
    if (lower === 'content-length' || lower === 'transfer-encoding') return 'REQUEST_FRAMING';
    return protectionOf(lower) === 'credential' ? 'TOKEN_DUPLICATE' : 'REQUEST_FIELD';
  },
};

const SCAN_CODES: Readonly<Record<ScanProblem, Code>> = {
  malformed: 'REQUEST_HEAD',
  target: 'REQUEST_TARGET',
  'line-too-long': 'REQUEST_TARGET_TOO_LONG',
  'too-large': 'REQUEST_HEAD_TOO_LARGE',
  'too-many-fields': 'REQUEST_HEAD_TOO_LARGE',
};

/** The refusal of a head that the scanner broke off: REQUEST_HEAD | _TARGET | _TARGET_TOO_LONG | _HEAD_TOO_LARGE. */
export function refuseScan(scanner: HeadScanner): Outcome<never> {
  return refuse(SCAN_CODES[scanner.problem], scanner.detail);
}

/** Whether the method promises to change nothing (RFC 9110 section 9.2.1), so that sending it twice does no harm. */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/**
 * Gives the request of a complete head that begins at `start`.
 * Refuses: REQUEST_HEAD | REQUEST_METHOD_UNKNOWN | REQUEST_VERSION | REQUEST_TARGET | REQUEST_FIELD | REQUEST_HOST |
 * REQUEST_FRAMING | REQUEST_EXPECTATION | TOKEN_DUPLICATE. The text of the head lives as long as the result.
 */
export function parseRequest(
  bytes: Buffer,
  start: number,
  scanner: HeadScanner,
  rules: RequestRules,
): Outcome<RequestHead> {
  const text = bytes.toString('latin1', start, start + scanner.length);
  const line = parseLine(text.slice(scanner.lineStart, scanner.lineEnd));
  if (!line.ok) return line;
  const { method, raw } = line.value;
  const target = parseTarget(raw, method, rules);
  if (!target.ok) return target;
  const read = readFields(text, scanner.marks, RULES, rules.names);
  if (!read.ok) return read;
  const { fields, single } = read.value;
  const connection = readConnection(single.get('connection'), RULES);
  if (!connection.ok) return connection;
  const host = checkHost(single.get('host'), target.value.authority);
  if (!host.ok) return host;
  const framing = checkFraming(method, single, rules);
  if (!framing.ok) return framing;
  const expects = checkExpectation(single.get('expect'));
  if (!expects.ok) return expects;
  const upgrade = checkUpgrade({
    asked: single.get('upgrade'),
    isNamed: connection.value.has('upgrade'),
    method,
    framing: framing.value,
    fields,
  });
  if (!upgrade.ok) return upgrade;
  return admit({
    method,
    target: target.value.target,
    path: target.value.path,
    query: target.value.query,
    host: host.value,
    fields,
    framing: framing.value,
    upgrade: upgrade.value,
    keepAlive: !connection.value.has('close'),
    expectsContinue: expects.value && framing.value.kind !== 'none',
  });
}

function parseLine(line: string): Outcome<{ method: string; raw: string }> {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first === last) return refuse('REQUEST_HEAD', 'the request line has not three parts');
  const method = line.slice(0, first);
  if (!METHODS.has(method)) {
    return method !== '' && isAll(method, TCHAR)
      ? refuse('REQUEST_METHOD_UNKNOWN', 'the method is not served')
      : refuse('REQUEST_HEAD', 'the method is no token');
  }
  const version = line.slice(last + 1);
  if (version !== 'HTTP/1.1') {
    return version.startsWith('HTTP/')
      ? refuse('REQUEST_VERSION', 'only HTTP/1.1 is served')
      : refuse('REQUEST_HEAD', 'the request line does not end with a version');
  }
  return admit({ method, raw: line.slice(first + 1, last) });
}

function checkHost(host: string | undefined, authority: string | undefined): Outcome<string> {
  if (host === undefined) return refuse('REQUEST_HOST', 'no Host');
  if (!isHost(host)) return refuse('REQUEST_HOST', 'Host is not name[:port]');
  if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    return refuse('REQUEST_HOST', 'the target names another authority than Host');
  }
  return admit(host);
}

function checkFraming(method: string, single: ReadonlyMap<string, string>, rules: RequestRules): Outcome<Framing> {
  const framing = declaredFraming(single.get('content-length'), single.get('transfer-encoding'));
  if (typeof framing === 'string') return refuse('REQUEST_FRAMING', framing);
  if (framing.kind !== 'none' && SAFE_METHODS.has(method) && !rules.bodyOnSafeMethods) {
    return refuse('REQUEST_FRAMING', `a body on ${method}`);
  }
  return admit(framing);
}

function checkExpectation(expect: string | undefined): Outcome<boolean> {
  if (expect === undefined) return admit(false);
  if (expect.toLowerCase() === '100-continue') return admit(true);
  return refuse('REQUEST_EXPECTATION', 'only 100-continue is served');
}
