/**
 * `cleat credential`: writes key, chain and bundle for a client that has no sidecar, and renews them for as long as it
 * runs. With an audience it keeps a bound token beside them, in the form that `curl -H @file` reads.
 */
import { demand } from '../core/fault/fault.ts';
import type { Outcome } from '../core/fault/refusal.ts';
import { parseTrustDomain } from '../core/identity/trust-domain.ts';
import type { MintRequest } from '../runtime/grpc/messages.ts';
import { createLog, type Log } from '../runtime/log.ts';
import type { Snapshot } from '../sidecar/credentials/snapshot.ts';
import type { CredentialSource } from '../sidecar/credentials/source.ts';
import { createClientSource } from './client-source.ts';
import { writeCredentials } from './credential-folder.ts';
import { takeUp } from './credential-kept.ts';
import { filesOf, keepFresh } from './credential-upkeep.ts';
import { EVIDENCE_OPTIONS, evidenceOf } from './evidence-options.ts';
import { listenForInterrupt } from './interrupt.ts';
import { EXIT, type Io } from './io.ts';
import { addressesOf, secondsOf } from './option-values.ts';
import { needed, UsageMistake, type Invocation, type Verb } from './verb.ts';

export const credential: Verb = {
  name: 'credential',
  summary: 'write and renew key, chain and bundle for a client without a sidecar',
  about: [
    'The folder gets key.pem, chain.pem, bundle.pem and, with --audience, authorization: a header line with a bound token.',
    'All of them change together, by one turn of the link ..data. The private key never leaves this machine.',
    'It runs until it is told to stop; with --once it ends when the files are there.',
    'If DIR holds a certificate that is still good, it goes on with that one and its identity, and the evidence is not read:',
    'it is renewed when it is due, with --once now. One process for each DIR; another identity needs another DIR.',
  ].join('\n'),
  options: {
    'trust-domain': { value: 'NAME', doc: 'Trust domain of the CA.', required: true },
    ca: { value: 'HOST:PORT', doc: 'Bootstrap listener of the CA.', required: true, multiple: true },
    mesh: { value: 'HOST:PORT', doc: 'Mesh listener of the CA.', required: true, multiple: true },
    ...EVIDENCE_OPTIONS,
    dir: { value: 'DIR', doc: 'Folder for the files; made with mode 0700.', required: true },
    ttl: { value: 'DURATION', doc: "Lifetime of the certificate. Default: the CA's certificates.ttl." },
    audience: { value: 'NAME', doc: 'Keep a bound token for this service in the file authorization.' },
    scope: { value: 'SCOPE', doc: 'Scope of that token. Default: all that the CA grants.', multiple: true },
    once: { doc: 'End when the files are written.' },
  },
  example:
    'cleat credential --trust-domain mesh.internal --ca localhost:8443 --mesh localhost:8444 --evidence join-token --dir client',
  run: runCredential,
};

async function runCredential(invocation: Invocation, io: Io): Promise<number> {
  using interrupt = listenForInterrupt();
  const log = createLog({ write: (line) => io.err(`${line}\n`), level: 'info', clock: io.clock });
  const jitter = Math.random;
  const trustDomain = demand(parseTrustDomain(needed(invocation, 'trust-domain')));
  const folder = needed(invocation, 'dir');
  const evidence = evidenceOf(invocation);
  const initial = await takeUp(folder, { trustDomain, clock: io.clock, jitter, log });
  await using source = createClientSource({
    trustDomain,
    bootstrap: addressesOf(invocation, 'ca'),
    mesh: addressesOf(invocation, 'mesh'),
    evidence,
    ttl: secondsOf(invocation, 'ttl'),
    initial,
    clock: io.clock,
    jitter,
    log,
  });
  const request = requestOf(invocation);
  if (invocation.has('once')) {
    const snapshot = demand(await renewOnce(source, log));
    const minted = request === undefined ? undefined : demand(await source.mint(snapshot, request));
    await writeCredentials(folder, filesOf(snapshot, minted?.token));
    return EXIT.ok;
  }
  await source.start(interrupt.signal);
  await keepFresh({ source, folder, request, clock: io.clock, jitter, log }, interrupt.signal);
  return EXIT.ok;
}

/** One attempt, and its reason where it fails: a source that was started would go on asking. Where the CA will not renew
 *  the certificate of the folder, a second one, which shows the evidence. */
async function renewOnce(source: CredentialSource, log: Log): Promise<Outcome<Snapshot>> {
  const hadOne = source.current() !== undefined;
  const outcome = await source.renew();
  if (outcome.ok || !hadOne || outcome.refusal.code !== 'RENEW_REFUSED') return outcome;
  log.warn('the certificate in the folder was not renewed', { ...outcome.refusal });
  return source.renew();
}

function requestOf(invocation: Invocation): MintRequest | undefined {
  const audience = invocation.text('audience');
  const scopes = invocation.list('scope');
  if (audience !== undefined) return { audience, scopes, ttl: undefined };
  if (scopes.length > 0) throw new UsageMistake('--scope needs --audience');
  return undefined;
}
