/**
 * From files to a trial: the configuration and the policy of a sidecar, roots, a chain, a request and a token. It asks nobody: keys that
 * the sidecar would fetch are given as files. Judges nothing.
 */
import { demand } from '../../core/fault/fault.ts';
import { NO_REVOCATIONS } from '../../core/identity/revocation.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { readCandidates } from '../../core/x509/path.ts';
import { readRegularFile } from '../../runtime/regular-file.ts';
import type { TrustedIssuer } from '../../runtime/token/verify-token.ts';
import type { SidecarConfig } from '../../sidecar/config.ts';
import { rulesOf } from '../../sidecar/issuers.ts';
import { readPolicy } from '../../sidecar/policy/read.ts';
import { knownNames } from '../../sidecar/services.ts';
import { createVerifier } from '../../sidecar/token/verifier.ts';
import { certificatesIn } from '../inspect-chain.ts';
import { UsageMistake } from '../verb.ts';
import { audienceOf, dpopOf } from './configured-port.ts';
import { fixedKeys } from './fixed-keys.ts';
import type { Trial } from './trial.ts';

/** What the command line says, read. */
export interface TrialFiles {
  readonly config: SidecarConfig;
  readonly chain: Buffer | undefined;
  /** File of roots; default: the bundle that the configuration names. */
  readonly bundle: string | undefined;
  /** Name of an issuer entry -> file of its keys. */
  readonly keys: ReadonlyMap<string, string>;
  /** Default: the policy that the configuration names. */
  readonly policy: string | undefined;
  /** Which port is called, where there are several. */
  readonly audience: string | undefined;
  readonly from: string;
  readonly head: Buffer;
  readonly now: EpochSeconds;
}

const FILE_MOST = 1024 * 1024;

/** Gives the trial. Throws `UsageMistake`, or a `CONFIG_` fault. */
export async function configuredTrial(files: TrialFiles): Promise<Trial> {
  const { config, now, head, from } = files;
  const policy = files.policy ?? config.policy;
  if (policy === undefined) throw new UsageMistake('the configuration names no policy: give --policy');
  const audience = audienceOf(config, files.audience);
  const issuers = await Promise.all(config.issuers.map((entry) => issuerOf(entry, files)));
  return {
    now,
    from,
    head,
    chain: files.chain === undefined ? undefined : certificatesIn(files.chain),
    bundles: new Map([[config.trustDomain, readCandidates(certificatesIn(await bundleOf(files)))]]),
    tokens: createVerifier({ issuers, audiences: [audience] }),
    policy: demand(await readPolicy(policy, knownNames(config))),
    revocations: NO_REVOCATIONS,
    dpop: dpopOf(config, audience),
  };
}

async function issuerOf(entry: SidecarConfig['issuers'][number], files: TrialFiles): Promise<TrustedIssuer> {
  const { jwks, name } = entry;
  const file = files.keys.get(name) ?? (jwks?.kind === 'file' ? jwks.path : undefined);
  const set = file === undefined ? undefined : demand(await readRegularFile(file, FILE_MOST));
  return { rules: rulesOf(entry, files.config.trustDomain), source: fixedKeys(set, `give --keys ${name}=FILE`) };
}

async function bundleOf({ bundle, config: { credentials } }: TrialFiles): Promise<Buffer> {
  const file = bundle ?? credentials.files?.bundle ?? credentials.ca?.bundle;
  if (file === undefined) throw new UsageMistake('the configuration names no bundle: give --bundle');
  return demand(await readRegularFile(file, FILE_MOST));
}
