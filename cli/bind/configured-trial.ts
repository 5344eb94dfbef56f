/**
 * From files to a trial: the configuration and the policy of a sidecar, roots, a chain, a request and a token. It asks nobody: keys that
 * the sidecar would fetch are given as files. Judges nothing.
 */
import { demand, Fault } from '../../core/fault/fault.ts';
import { NO_REVOCATIONS } from '../../core/identity/revocation.ts';
import { type EpochSeconds, toSeconds } from '../../core/time/units.ts';
import { readCandidates } from '../../core/x509/path.ts';
import { readRegularFile } from '../../runtime/regular-file.ts';
import { createReplayStore } from '../../runtime/token/replay.ts';
import type { TrustedIssuer } from '../../runtime/token/verify-token.ts';
import type { SidecarConfig } from '../../sidecar/config.ts';
import { rulesOf } from '../../sidecar/issuers.ts';
import { readPolicy } from '../../sidecar/policy/read.ts';
import { knownNames } from '../../sidecar/services.ts';
import { createDpop, type Dpop } from '../../sidecar/token/dpop.ts';
import { createVerifier } from '../../sidecar/token/verifier.ts';
import { certificatesIn } from '../inspect-chain.ts';
import { UsageMistake } from '../verb.ts';
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
  const issuers = await Promise.all(config.issuers.map((entry) => issuerOf(entry, files)));
  return {
    now,
    from,
    head,
    chain: files.chain === undefined ? undefined : certificatesIn(files.chain),
    bundles: new Map([[config.trustDomain, readCandidates(certificatesIn(await bundleOf(files)))]]),
    tokens: createVerifier({ issuers, audiences: [audienceOf(files)] }),
    policy: demand(await readPolicy(policy, knownNames(config))),
    revocations: NO_REVOCATIONS,
    dpop: dpopOf(config, audienceOf(files)),
  };
}

/** Which nonces the sidecar handed out, and which proofs were used, is known to it alone: any nonce is taken for one. */
function dpopOf({ inbound, dpop }: SidecarConfig, audience: string): Dpop {
  const window = toSeconds(dpop.window);
  return createDpop({
    origins: inbound.flatMap((port) => (port.audience === audience ? port.origins : [])),
    window,
    nonces: dpop.nonce === 'off' ? undefined : { current: () => 'next', accepts: () => true },
    replay: createReplayStore({ window, most: 1 }),
  });
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

function audienceOf({ audience, config }: TrialFiles): string {
  const known = [...new Set(config.inbound.map((port) => port.audience))];
  if (audience !== undefined) {
    if (known.includes(audience)) return audience;
    throw new UsageMistake(`--audience is one of ${known.join(', ')}`);
  }
  const [only, ...more] = known;
  if (only === undefined) throw new Fault('CONFIG_INVALID', 'the configuration has no inbound port');
  if (more.length > 0) throw new UsageMistake(`several ports: give --audience, one of ${known.join(', ')}`);
  return only;
}
