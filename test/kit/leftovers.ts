/** Ends a test run that something left open would keep alive, and says what: without it, a forgotten server costs hours instead of a red test. */
import { getActiveResourcesInfo } from 'node:process';
import type { RootHookObject } from 'mocha';

/** What closes by itself has closed by then. */
const PATIENCE_MS = 15_000;

/** What mocha loads. The timer itself keeps nothing alive. */
export const mochaHooks: RootHookObject = {
  afterAll() {
    setTimeout(() => {
      const left = getActiveResourcesInfo().join(', ');
      process.stderr.write(`the tests have ended, yet something of theirs is still open: ${left}\n`);
      // Mocha sets the code of its own count in an `exit` listener, so the last word has to be in a later one.
      process.once('exit', () => {
        process.exitCode = 1;
      });
      process.exit(1);
    }, PATIENCE_MS).unref();
  },
};
