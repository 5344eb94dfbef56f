/** A mesh for a scenario: the CA and the two pods of `cleat up`, without its story. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { configsOf, type MeshConfigs } from '../../cli/up/configs.ts';
import { layOut, namePorts, PORTS_NEEDED } from '../../cli/up/layout.ts';
import { type Mesh, startMesh } from '../../cli/up/mesh.ts';
import { findPorts } from '../../cli/up/ports.ts';
import { createProcesses } from '../../cli/up/processes.ts';
import { type Stage, takeStage } from '../../cli/up/stage.ts';
import { systemClock } from '../../runtime/clock.ts';
import { DIST } from './bundle.ts';
import { scenarioLogs } from './logs.ts';

export interface ScenarioMesh extends AsyncDisposable {
  readonly mesh: Mesh;
  readonly stage: Stage;
  /** Kills the process of that name's pod: no warning, no drain. */
  kill(pid: number): void;
}

/** Resolves when both pods serve. Its logs go to the folder that the house test searches, under `name`.
 *  `change` gets the configuration of the demo. */
export async function startScenario(
  name: string,
  change: (configs: MeshConfigs) => MeshConfigs = (configs) => configs,
): Promise<ScenarioMesh> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-scenario-'));
  const layout = layOut(folder, join(scenarioLogs(), name), namePorts(await findPorts(PORTS_NEEDED)));
  const processes = createProcesses({ dist: DIST, folder, logs: layout.logs });
  const dispose = async (): Promise<void> => {
    await processes.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const mesh = await Promise.race([startMesh(layout, processes, change(configsOf(layout))), processes.failure]);
    return {
      mesh,
      stage: await takeStage(mesh, systemClock()),
      kill: (pid) => void process.kill(-pid, 'SIGKILL'),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
}
