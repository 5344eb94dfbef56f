/**
 * A whole CA in this process, without listeners: real journal thread, real root in a folder of its own, a clock that the
 * test moves. `await using ca = await startSmallCa()`.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';

import { NO_ATTESTORS } from '../../../ca/attest/attest.ts';
import { createAdmission, type AdmissionDeps } from '../../../ca/issue/admission.ts';
import { createIssuer, type Issuer } from '../../../ca/issue/issuer.ts';
import { createClockWatch } from '../../../ca/clock-watch.ts';
import type { Issued, Rooms } from '../../../ca/issue/cycle.ts';
import { createRegistrations, type Registrations, type RegistrationsDeps } from '../../../ca/registrations.ts';
import { createRefusalAudit } from '../../../ca/issue/refusal-audit.ts';
import { createRepeatAudit } from '../../../ca/issue/repeat-audit.ts';
import { createJournal, type Journal } from '../../../ca/journal/journal.ts';
import type { Authority } from '../../../ca/signer/authority.ts';
import { openOwnRoots } from '../../../ca/signer/own-roots.ts';
import { orderJoinToken } from '../../../ca/rpc/join-token-desk.ts';
import { createAuthorities, type Authorities } from '../../../ca/trust/authorities.ts';
import { createAcknowledgements, type Acknowledgements } from '../../../ca/trust/acknowledgements.ts';
import { createRotationDesk, type RotationDesk } from '../../../ca/trust/rotation-desk.ts';
import { createTrustBundle, type TrustBundle } from '../../../ca/trust/bundle.ts';
import { createRevocationSource, type RevocationSource } from '../../../ca/trust/revocations.ts';
import { demand } from '../../../core/fault/fault.ts';
import type { Outcome } from '../../../core/fault/refusal.ts';
import { parseTrustDomain, type TrustDomain } from '../../../core/identity/trust-domain.ts';
import type { Clock } from '../../../core/time/clock.ts';
import { epochMilliseconds, milliseconds, seconds, type Seconds } from '../../../core/time/units.ts';
import { writeCsr } from '../../../core/x509/csr-write.ts';
import { createAuditOutput } from '../../../runtime/audit/standard-output.ts';
import { createMetrics, type Metrics } from '../../../runtime/metrics.ts';
import { collectLog, type CollectedLog } from '../../kit/log-lines.ts';
import { testKey } from '../../kit/x509.ts';

export const MESH: TrustDomain = demand(parseTrustDomain('mesh.example'));
export const AGENT = '/ns/shop/sa/agent';

/** A wall clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
}

export function testClock(start = 1_800_000_000): TestClock {
  let now = start * 1000;
  return {
    now: () => epochMilliseconds(now),
    monotonic: () => milliseconds(performance.now()),
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
}

export interface SmallCa extends AsyncDisposable {
  readonly dataDir: string;
  readonly clock: TestClock;
  readonly journal: Journal;
  /** The one that signed at the start. */
  readonly authority: Authority;
  readonly authorities: Authorities;
  readonly acknowledgements: Acknowledgements;
  /** Steps of a root rotation. */
  readonly desk: RotationDesk;
  readonly bundle: TrustBundle;
  readonly revocations: RevocationSource;
  /** Clients, API keys and mandates, of an issuer `https://ca.mesh.example` in the environment `test`. */
  readonly registrations: Registrations;
  readonly rooms: Rooms;
  readonly issuer: Issuer;
  readonly metrics: Metrics;
  readonly log: CollectedLog;
  /** What went to standard output. */
  readonly written: readonly string[];
  /** The lines of the audit stream. */
  readonly audited: readonly string[];
  /** The text of a new join token. */
  joinToken(path?: string, dnsNames?: readonly string[]): Promise<string>;
  /** Asks with a join token. */
  first(token: string, key?: KeyObject, ttl?: Seconds): Promise<Outcome<Issued>>;
  /** Asks with a leaf. */
  renew(leaf: Uint8Array, key?: KeyObject, ttl?: Seconds): Promise<Outcome<Issued>>;
}

export interface SmallCaOptions {
  readonly dataDir?: string;
  readonly clock?: TestClock;
  readonly rootTtl?: number;
  readonly change?: (rooms: Rooms) => Rooms;
  /** Default: no test asks faster. */
  readonly limits?: AdmissionDeps['limits'];
}

/** As in ca.yaml. */
export const TOKENS = { issuer: 'https://ca.mesh.example', environment: 'test' } as const;

const UNLIMITED = { perIdentityPerMinute: 1_000_000, perAddressPerMinute: 1_000_000 };

export const LIFETIMES = {
  ttl: seconds(3600),
  ttlMin: seconds(60),
  ttlMax: seconds(86_400),
  tokenTtl: seconds(300),
  admins: [],
} as const;

export async function startSmallCa(options: SmallCaOptions = {}): Promise<SmallCa> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'cleat-ca-'));
  const clock = options.clock ?? testClock();
  const log = collectLog();
  const written: string[] = [];
  const journal = createJournal({
    file: join(dataDir, 'journal.sqlite'),
    clock,
    log: log.log,
    onHealth: () => undefined,
    auditHead: () => audit.head(),
  });
  const audited: string[] = [];
  const audit = createAuditOutput({ write: (line) => audited.push(line), clock, onHealth: () => undefined });
  await journal.start(new AbortController().signal);
  const shared = { dataDir, trustDomain: MESH, journal, clock, random: randomBytes, log: log.log, audit };
  const bundle = createTrustBundle();
  const authorities = createAuthorities({ journal, bundle });
  const trust = demand(await journal.readTrust());
  const own = { ...shared, ttl: seconds(options.rootTtl ?? 365 * 86_400) };
  const seats = openOwnRoots(trust, own);
  demand(await authorities.begin({ seats, before: trust.bundle, announced: [] }));
  const authority = authorities.current();
  const acknowledgements = createAcknowledgements(createMetrics());
  const metrics = createMetrics();
  const revocations = createRevocationSource({ journal, log: log.log });
  await revocations.start(new AbortController().signal);
  const registrations = await startRegistrations({ ...shared, config: { tokens: TOKENS }, revocations, metrics });
  const desk = createRotationDesk({ ...own, source: 'own', authorities, acknowledgements, revocations });
  const sound: Rooms = {
    ...shared,
    attestors: NO_ATTESTORS,
    keyTypes: ['p256'],
    lifetimes: LIFETIMES,
    authority: authorities.current,
    rootDigests: authorities.rootDigests,
    admission: createAdmission({ limits: options.limits ?? UNLIMITED, clock, metrics, log: log.log }),
    revocations,
    repeats: createRepeatAudit(audit),
    clockWatch: createClockWatch({ clock, log: log.log, onHealth: () => undefined }),
  };
  const rooms = withRepeats(options.change?.(sound) ?? sound);
  const issuer = createIssuer({
    rooms,
    issuesPerSecond: 10_000,
    refusals: createRefusalAudit(rooms.audit),
    metrics,
    log: log.log,
    write: (line) => written.push(line),
  });
  return {
    dataDir,
    clock,
    journal,
    authority,
    authorities,
    acknowledgements,
    desk,
    bundle,
    revocations,
    registrations,
    rooms,
    issuer,
    metrics,
    log,
    written,
    audited,
    async joinToken(path = AGENT, dnsNames = []) {
      const desk = { ...shared, joinTokenTtl: milliseconds(600_000), admins: [], authority: authorities.current };
      return demand(await orderJoinToken({ path, dnsNames }, desk)).token;
    },
    ...askers(issuer),
    async [Symbol.asyncDispose]() {
      for (const service of registrations.services) await service.drain(milliseconds(1000));
      await journal.drain(milliseconds(1000));
      await journal[Symbol.asyncDispose]();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true });
    },
  };
}

const askers = (issuer: Issuer): Pick<SmallCa, 'first' | 'renew'> => ({
  first: (text, key = testKey(), ttl) =>
    issuer.issue({ csr: writeCsr(key), ttl, evidence: { kind: 'join-token', text } }),
  renew: (leaf, key = testKey(), ttl) =>
    issuer.issue({ csr: writeCsr(key), ttl, evidence: { kind: 'leaf', der: Buffer.from(leaf) } }),
});

async function startRegistrations(deps: RegistrationsDeps): Promise<Registrations> {
  const registrations = createRegistrations(deps);
  for (const service of registrations.services) await service.start(new AbortController().signal);
  return registrations;
}

/** Repeats go to the audit stream that the rooms have, whichever it is. */
const withRepeats = (rooms: Rooms): Rooms => ({ ...rooms, repeats: createRepeatAudit(rooms.audit) });

/** A folder that is gone after the test. */
export function tempFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'cleat-ca-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** The code of a refusal, or `ok`. */
export function codeOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'ok' : outcome.refusal.code;
}

/** The code that the function throws, or `nothing`. */
export async function thrownBy(run: () => unknown): Promise<string> {
  try {
    await run();
    return 'nothing';
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  }
}
