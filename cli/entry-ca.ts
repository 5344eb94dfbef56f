/** The bundle `ca.cjs`: `cleat ca run` alone, without what the other verbs load. */
import { caRun } from './ca-run.ts';
import { runInProcess } from './terminal.ts';

void runInProcess(['ca', 'run', ...process.argv.slice(2)], [caRun]);
