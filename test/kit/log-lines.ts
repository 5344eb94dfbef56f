/** A log that is kept instead of written, with a way to wait for a line: tests wait for events, never for time. */
import type { Log, LogFields, LogLevel } from '../../runtime/log.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export interface CollectedLog {
  readonly log: Log;
  readonly lines: readonly LogLine[];
  /** The first line, past or to come, that the test accepts. */
  line(accept: (line: LogLine) => boolean): Promise<LogLine>;
}

/** An empty log of all levels. */
export function collectLog(): CollectedLog {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      const line = { level, message, fields };
      lines.push(line);
      for (const look of waiting) look(line);
    };
  return {
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    lines,
    line(accept) {
      const past = lines.find(accept);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => {
        const look = (line: LogLine): void => {
          if (!accept(line)) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
      });
    },
  };
}
