/** The bundle `sidecar.cjs`: `cleat sidecar run` alone, without what the other verbs load. */
import { sidecarRun } from './sidecar-run.ts';
import { runInProcess } from './terminal.ts';

void runInProcess(['sidecar', 'run', ...process.argv.slice(2)], [sidecarRun]);
