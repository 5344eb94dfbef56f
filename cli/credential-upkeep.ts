/** Keeps a credential folder fresh: a new generation with each new certificate, and with each new token in between. */
import type { KeyObject } from 'node:crypto';

import type { Clock, Jitter } from '../core/time/clock.ts';
import { retryDelay } from '../core/time/renewal.ts';
import { milliseconds, type Milliseconds } from '../core/time/units.ts';
import { encodePem } from '../core/x509/pem.ts';
import type { MintedToken, MintRequest } from '../runtime/grpc/messages.ts';
import { faultFields, type Log } from '../runtime/log.ts';
import { rest } from '../sidecar/credentials/rest.ts';
import type { Snapshot } from '../sidecar/credentials/snapshot.ts';
import type { CredentialSource } from '../sidecar/credentials/source.ts';
import { writeCredentials, type CredentialFiles } from './credential-folder.ts';

export interface UpkeepDeps {
  /** Started. */
  readonly source: Pick<CredentialSource, 'current' | 'subscribe' | 'mint'>;
  readonly folder: string;
  /** Absent: no token is kept. */
  readonly request: MintRequest | undefined;
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
}

/** What the folder shows, and how long it is good. */
interface Shown {
  readonly snapshot: Snapshot;
  readonly minted: MintedToken | undefined;
  readonly mintedAt: number;
}

/** Timers are looked at again at least this often: hosts sleep, clocks jump. */
const LOOK_AGAIN_MS = 60_000;

/** Runs until the signal aborts. What fails is logged and tried again. */
export async function keepFresh(deps: UpkeepDeps, signal: AbortSignal): Promise<void> {
  const { source, folder, clock, jitter, log } = deps;
  let changed = new AbortController();
  using _subscription = source.subscribe(() => changed.abort());
  let shown: Shown | undefined;
  for (let failures = 0; !signal.aborted; ) {
    changed = new AbortController();
    const snapshot = source.current();
    try {
      if (snapshot !== undefined && !isGood(shown, snapshot, deps)) {
        shown = await show(deps, snapshot, shown);
        log.info('credentials written', { folder, serial: snapshot.leaf.serial, generation: snapshot.generation });
      }
      failures = snapshot !== undefined && isGood(shown, snapshot, deps) ? 0 : failures + 1;
    } catch (thrown) {
      failures += 1;
      log.error('credentials not written', { folder, ...faultFields(thrown) });
    }
    const span = failures > 0 ? retryDelay(failures - 1, milliseconds(LOOK_AGAIN_MS), jitter) : timeLeft(shown, clock);
    await rest(span, AbortSignal.any([signal, changed.signal]));
  }
}

/** The files of one generation. */
export function filesOf({ key, chain, roots }: Snapshot, token: string | undefined): CredentialFiles {
  return {
    key: pemOf(key),
    chain: chain.map((der) => encodePem('CERTIFICATE', der)).join(''),
    bundle: roots.map((der) => encodePem('CERTIFICATE', der)).join(''),
    authorization: token === undefined ? undefined : `Authorization: Bearer ${token}\n`,
  };
}

/** A token that cannot be had is left out, unless the last one still fits the certificate. */
async function show(
  { source, folder, request, clock, log }: UpkeepDeps,
  snapshot: Snapshot,
  last: Shown | undefined,
): Promise<Shown> {
  const minted = request === undefined ? undefined : await source.mint(snapshot, request);
  if (minted?.ok === false) log.warn('no token', { code: minted.refusal.code, detail: minted.refusal.detail });
  const kept = last?.snapshot === snapshot ? last : undefined;
  const next =
    minted?.ok === true
      ? { snapshot, minted: minted.value, mintedAt: clock.now() }
      : (kept ?? { snapshot, minted: undefined, mintedAt: 0 });
  await writeCredentials(folder, filesOf(snapshot, next.minted?.token));
  return next;
}

/** True if the folder shows this certificate and, where one is kept, a token with time left. */
function isGood(shown: Shown | undefined, snapshot: Snapshot, { request, clock }: UpkeepDeps): boolean {
  if (shown?.snapshot !== snapshot) return false;
  if (request === undefined) return true;
  return shown.minted !== undefined && clock.now() < refreshAt(shown.minted, shown.mintedAt);
}

/** Milliseconds since 1970: early by the lesser of a minute and a fifth of the token's life. */
function refreshAt({ expiresAt }: MintedToken, mintedAt: number): number {
  const end = expiresAt * 1000;
  return end - Math.min(LOOK_AGAIN_MS, (end - mintedAt) / 5);
}

function timeLeft(shown: Shown | undefined, clock: Clock): Milliseconds {
  const due = shown?.minted === undefined ? LOOK_AGAIN_MS : refreshAt(shown.minted, shown.mintedAt) - clock.now();
  return milliseconds(Math.min(LOOK_AGAIN_MS, Math.max(0, due)));
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
