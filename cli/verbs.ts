/** Every verb of `cleat`, in the order of the help page. */
import { auditVerify } from './audit-verify.ts';
import { bind } from './bind.ts';
import { bundle } from './bundle.ts';
import { caBackup } from './ca-backup.ts';
import { caExport, caVerify } from './ca-journal.ts';
import { caRestore } from './ca-restore.ts';
import { caInit } from './ca-init.ts';
import { caRun } from './ca-run.ts';
import { clientCreate, clientDisable, clientList, clientRotate, clientShow } from './client.ts';
import { checkConfig, printConfig } from './config.ts';
import { credential } from './credential.ts';
import { inspect } from './inspect.ts';
import { joinToken } from './join-token.ts';
import { keyCreate, keyList, keyRevoke, keyRotate } from './key.ts';
import { certificates, joinTokens, lineages, sidecars, withdrawJoinToken } from './listings.ts';
import { mandateCreate, mandateEnd, mandateList } from './mandate.ts';
import { peers } from './peers.ts';
import { policyCheck, policyExplain, policyTest } from './policy.ts';
import { renew } from './renew.ts';
import { revocations, revoke } from './revoke.ts';
import { rotateActivate, rotatePrepare, rotateRetire, rotateRollback, rotateStatus } from './rotate.ts';
import { sidecarRun } from './sidecar-run.ts';
import { status } from './status.ts';
import { token } from './token.ts';
import { tokenKey } from './token-key.ts';
import { up } from './up.ts';
import type { Verb } from './verb.ts';
import { why } from './why.ts';

export const VERBS: readonly Verb[] = [
  up,
  caRun,
  caInit,
  caBackup,
  caVerify,
  caExport,
  caRestore,
  sidecarRun,
  joinToken,
  joinTokens,
  withdrawJoinToken,
  clientCreate,
  clientList,
  clientShow,
  clientRotate,
  clientDisable,
  keyCreate,
  keyList,
  keyRotate,
  keyRevoke,
  mandateCreate,
  mandateList,
  mandateEnd,
  credential,
  bundle,
  token,
  inspect,
  bind,
  policyCheck,
  policyTest,
  policyExplain,
  status,
  why,
  peers,
  renew,
  revoke,
  revocations,
  certificates,
  lineages,
  sidecars,
  rotateStatus,
  rotatePrepare,
  rotateActivate,
  rotateRetire,
  rotateRollback,
  tokenKey,
  auditVerify,
  checkConfig,
  printConfig,
];
