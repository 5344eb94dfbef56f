/**
 * The log: JSON lines, one object a line. Callers hand over identifiers, never tokens or keys; what has the form of a
 * credential is replaced all the same, and control characters are escaped.
 */
import { Fault } from '../core/fault/fault.ts';
import type { Clock } from '../core/time/clock.ts';
import { toSafeJson, withoutCredentials } from './escape.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogValue =
  | string
  | number
  | boolean
  | undefined
  | null
  | readonly LogValue[]
  | { readonly [key: string]: LogValue };
export type LogFields = Readonly<Record<string, LogValue>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A log that hands each line, without its line end, to `write`. `fields` are on every line.
 *  A line is `{time, kind: "log", level, msg, ...}`; those four names cannot be taken by a field. */
export function createLog(deps: {
  readonly write: (line: string) => void;
  readonly level: LogLevel;
  readonly clock: Pick<Clock, 'now'>;
  readonly fields?: LogFields;
}): Log {
  const { write, clock } = deps;
  const least = LEVELS.indexOf(deps.level);
  const at = (level: LogLevel) => {
    if (LEVELS.indexOf(level) < least) return () => undefined;
    return (message: string, fields?: LogFields) => {
      const head = { time: new Date(clock.now()).toISOString(), kind: 'log', level, msg: bounded(message, 0) };
      write(toSafeJson({ ...head, ...(bounded({ ...deps.fields, ...fields }, 0) as LogFields), ...head }));
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Any thrown thing as fields of a line: code, detail and the messages of its causes. The stack only for a defect of ours. */
export function faultFields(thrown: unknown): LogFields {
  const fault = Fault.from(thrown);
  const origin = fault.cause instanceof Error ? fault.cause : fault;
  return {
    code: fault.code,
    detail: fault.detail,
    cause: causesOf(fault.cause),
    stack: fault.code === 'BUG_UNEXPECTED' ? origin.stack : undefined,
  };
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const TEXT_MOST = 4096;
const ENTRIES_MOST = 64;
const DEPTH_MOST = 4;
const CAUSES_MOST = 5;

/** No value makes a line endless: long text is cut, deep or long structures end in a mark. */
function bounded(value: LogValue, depth: number): LogValue {
  if (typeof value === 'string') return boundedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MOST) return '<deep>';
  if (isList(value)) return value.slice(0, ENTRIES_MOST).map((entry) => bounded(entry, depth + 1));
  const entries = Object.entries(value).slice(0, ENTRIES_MOST);
  return Object.fromEntries(entries.map(([key, entry]) => [boundedText(key), bounded(entry, depth + 1)]));
}

/** Credentials go first: a cut could leave half of one that no longer has its form. */
function boundedText(text: string): string {
  const clean = withoutCredentials(text.slice(0, 4 * TEXT_MOST));
  return clean.length > TEXT_MOST ? `${clean.slice(0, TEXT_MOST)}<cut>` : clean;
}

function isList(value: LogValue): value is readonly LogValue[] {
  return Array.isArray(value);
}

function causesOf(cause: unknown): readonly string[] | undefined {
  const causes: string[] = [];
  for (let next = cause; next !== undefined && next !== null && causes.length < CAUSES_MOST; ) {
    causes.push(next instanceof Error ? next.message : typeof next);
    next = next instanceof Error ? next.cause : undefined;
  }
  return causes.length === 0 ? undefined : causes;
}
