/** The request records of a sidecar, read from its standard output while somebody listens. */
import type { Running } from './processes.ts';

/** The members of a record that the story looks at; the rest is there as well. */
export interface RequestRecord {
  readonly direction?: string;
  readonly decision?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly status?: number;
  readonly serial?: string;
  readonly lineage?: string;
  readonly sequence?: number;
  readonly generation?: number;
  readonly binding?: string;
  readonly rule?: string;
  readonly token?: string;
  readonly retried?: boolean;
}

export interface Records extends Disposable {
  /** Grows while the sidecar serves. */
  readonly all: readonly RequestRecord[];
}

/** Collects every request record until disposed of. */
export function collectRecords(sidecar: Running): Records {
  const all: RequestRecord[] = [];
  const listening = sidecar.onLine((line) => {
    const record = parseRecord(line);
    if (record !== undefined) all.push(record);
  });
  return { all, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

/** The record in a line of output; undefined for any other line. */
export function parseRecord(line: string): RequestRecord | undefined {
  if (!line.startsWith('{"kind":"request"')) return undefined;
  try {
    return JSON.parse(line) as RequestRecord;
  } catch {
    return undefined;
  }
}
