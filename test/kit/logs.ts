/**
 * Where the scenarios' processes leave their logs, one `.log` file each, so that a house test can search all of them for
 * secrets afterwards. `CLEAT_SCENARIO_LOGS` names a folder that stays; else it is one for this run.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of all scenario logs of this run; made when it is missing, removed with this process unless it was named. */
export function scenarioLogs(): string {
  const named = process.env['CLEAT_SCENARIO_LOGS'];
  const folder = named ?? join(tmpdir(), `cleat-scenario-logs-${process.pid}`);
  if (existsSync(folder)) return folder;
  mkdirSync(folder, { recursive: true });
  if (named === undefined) process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
