/** Every verb of `cleat`, in the order of the help page. */
import { caRun } from './ca-run.ts';
import { checkConfig, printConfig } from './config.ts';
import { credential } from './credential.ts';
import { inspect } from './inspect.ts';
import { joinToken } from './join-token.ts';
import { renew } from './renew.ts';
import { sidecarRun } from './sidecar-run.ts';
import { token } from './token.ts';
import { up } from './up.ts';
import type { Verb } from './verb.ts';
import { why } from './why.ts';

export const VERBS: readonly Verb[] = [
  up,
  caRun,
  sidecarRun,
  joinToken,
  credential,
  token,
  inspect,
  why,
  renew,
  checkConfig,
  printConfig,
];
