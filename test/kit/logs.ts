/**
 * Where the scenarios' processes leave their logs, one `.log` file each, so that a house test can search all of them for
 * secrets afterwards. `CLEAT_SCENARIO_LOGS` names a folder that stays; else it is one for this run.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of all scenario logs of this run; made when it is missing. */
export function scenarioLogs(): string {
  const folder = process.env['CLEAT_SCENARIO_LOGS'] ?? join(tmpdir(), `cleat-scenario-logs-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
