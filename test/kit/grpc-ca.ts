/**
 * A CA for tests that speaks the real protocol on loopback: the product's own gRPC listeners over the kit's authority.
 * Honest unless a test replaces one of its `acts`; it keeps what it was asked, so that a test can say what arrived.
 *
 *   await using ca = await startTestCa();
 *   ca.acts.issue = () => Promise.resolve(refuse('ISSUE_BUSY'));      // from now on
 *   ca.asked.renewals                                                 // CSRs in the order of arrival
 */
import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';

import { demand } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { formatJoinToken } from '../../core/identity/join-token.ts';
import { NO_REVOCATIONS } from '../../core/identity/revocation.ts';
import { spiffeIdOf, type SpiffeId } from '../../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../core/time/units.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { parseCsr } from '../../core/x509/csr.ts';
import type { Lineage } from '../../core/x509/lineage.ts';
import type { AdminHandler } from '../../runtime/grpc/admin-methods.ts';
import { createCaServers, type CaServers } from '../../runtime/grpc/ca-server.ts';
import type {
  BootstrapHandlers,
  BundleState,
  IssuedCertificate,
  MeshHandlers,
  RevocationState,
} from '../../runtime/grpc/messages.ts';
import type { TlsIdentity } from '../../runtime/tls-options.ts';
import { collectLog, type LogLine } from './log-lines.ts';
import {
  createTestAuthority,
  issueTestLeaf,
  leafTemplate,
  signTest,
  TEST_PATH,
  type LeafOptions,
  type TestAuthority,
} from './x509.ts';

export interface TestCa extends AsyncDisposable {
  readonly authority: TestAuthority;
  readonly caId: SpiffeId;
  readonly servers: CaServers;
  readonly bootstrap: string;
  readonly mesh: string;
  /** The one join token that it takes, for one key. */
  readonly joinToken: string;
  /** What it does; a test may put its own in the place of each, and call `honest` from it. */
  readonly acts: Omit<BootstrapHandlers & MeshHandlers, 'malformed'>;
  readonly honest: Omit<BootstrapHandlers & MeshHandlers, 'malformed'>;
  readonly asked: {
    readonly issues: Buffer[];
    readonly renewals: Buffer[];
    /** Generations of the bundle. */
    readonly acknowledged: number[];
    /** Generations of the revocations, beside them. */
    readonly obeyed: number[];
  };
  readonly log: readonly LogLine[];
  /** Life of the certificates issued from now on, in seconds; default 3600. `renewAt` is half of it. */
  life: number;
  /** What all streams are told, now and at each change. */
  bundle: BundleState;
  /** Told with it. */
  revocations: RevocationState;
  /** A certificate as `Issue` would give it, without being asked: for who needs one at once. */
  certify(spki: Buffer, options?: LeafOptions): IssuedCertificate;
}

export interface TestCaOptions {
  readonly authority?: TestAuthority;
  /** What it serves with; default: a sound leaf for `/cleat/ca`. */
  readonly serving?: TlsIdentity;
  /** Where it listens; default: any free ports of 127.0.0.1. */
  readonly bootstrap?: string;
  readonly mesh?: string;
  /** Default: nobody is an administrator. */
  readonly admin?: AdminHandler;
}

/** The CA's own id in a trust domain. */
export function testCaId(trustDomain: string): SpiffeId {
  return demand(spiffeIdOf(demand(parseTrustDomain(trustDomain)), '/cleat/ca'));
}

/** A key and its chain under the authority, as TLS takes it. */
export function testIdentity(authority: TestAuthority, options: LeafOptions = {}): TlsIdentity {
  const { key, der } = issueTestLeaf(authority, options);
  return { key, chain: [der], roots: [authority.der] };
}

/** Both listeners, serving. */
export async function startTestCa(options: TestCaOptions = {}): Promise<TestCa> {
  const authority = options.authority ?? createTestAuthority();
  const serving = options.serving ?? testIdentity(authority, { path: '/cleat/ca' });
  const { log, lines } = collectLog();
  const state = createState(authority);
  const honest = honestActs(state);
  const acts = { ...honest };
  const servers = createCaServers({
    bootstrap: {
      address: options.bootstrap ?? '127.0.0.1:0',
      handlers: {
        issue: (request, peer) => acts.issue(request, peer),
        malformed: (refusal) => ({ ok: false, refusal }),
      },
    },
    mesh: {
      address: options.mesh ?? '127.0.0.1:0',
      handlers: {
        renew: (leaf, request) => acts.renew(leaf, request),
        malformed: (refusal) => ({ ok: false, refusal }),
        mint: (leaf, request) => acts.mint(leaf, request),
        acknowledge: (leaf, held) => acts.acknowledge(leaf, held),
        watch: (leaf, send, signal) => acts.watch(leaf, send, signal),
      },
      admin: options.admin ?? (() => Promise.resolve(refuse('GRANT_ADMIN', 'the test CA has no administrators'))),
    },
    tls: () => serving,
    log,
  });
  await servers.start(new AbortController().signal);
  return Object.assign(state.visible, {
    caId: testCaId(authority.trustDomain),
    servers,
    ...servers.addresses(),
    acts,
    honest,
    log: lines,
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  });
}

type State = ReturnType<typeof createState>;

function createState(authority: TestAuthority) {
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  let bundle: BundleState = { generation: 1, roots: [authority.der] };
  let revocations: RevocationState = NO_REVOCATIONS;
  const visible = {
    authority,
    joinToken: formatJoinToken({
      rootDigest: createHash('sha256').update(authority.der).digest(),
      secret: randomBytes(32),
    }),
    asked: {
      issues: [] as Buffer[],
      renewals: [] as Buffer[],
      acknowledged: [] as number[],
      obeyed: [] as number[],
    },
    life: 3600,
    get bundle() {
      return bundle;
    },
    set bundle(next: BundleState) {
      bundle = next;
      changes.emit('trust');
    },
    get revocations() {
      return revocations;
    },
    set revocations(next: RevocationState) {
      revocations = next;
      changes.emit('trust');
    },
    certify: (spki: Buffer, options: LeafOptions = {}) => certify(spki, options),
  };

  function certify(spki: Buffer, options: LeafOptions): IssuedCertificate {
    const now = options.now ?? epochSeconds(Date.now() / 1000);
    const lineage: Lineage = options.lineage ?? { id: randomBytes(16), sequence: 0, issuedAt: now, predecessors: [] };
    const template = leafTemplate(authority, { now, lifetime: visible.life, ...options, lineage }, spki);
    return {
      chain: [signTest(template, authority.key)],
      bundle,
      spiffeId: `spiffe://${options.trustDomain ?? authority.trustDomain}${options.path ?? TEST_PATH}`,
      renewAt: epochSeconds(now + Math.ceil((options.lifetime ?? visible.life) / 2)),
      notAfter: template.notAfter,
      lineageId: lineage.id,
      lineageSequence: lineage.sequence,
    };
  }
  return { visible, changes, given: new Map<string, IssuedCertificate>(), certify };
}

function honestActs({ visible, changes, given, certify }: State): Omit<BootstrapHandlers & MeshHandlers, 'malformed'> {
  let holder: string | undefined;
  const once = (key: string, make: () => IssuedCertificate): Outcome<IssuedCertificate> => {
    const issued = given.get(key) ?? make();
    given.set(key, issued);
    return admit(issued);
  };
  return {
    async issue({ csr, evidence }) {
      visible.asked.issues.push(csr);
      const request = parseCsr(csr, ['p256']);
      if (!request.ok) return request;
      const key = request.value.spki.toString('hex');
      const isHis = evidence.kind !== 'join-token' || evidence.text === visible.joinToken;
      if (!isHis || (holder !== undefined && holder !== key)) return refuse('ATTEST_JOIN_TOKEN', 'unknown or spent');
      holder = key;
      return once(key, () => certify(request.value.spki, {}));
    },
    async renew(leaf, { csr }) {
      visible.asked.renewals.push(csr);
      const request = parseCsr(csr, ['p256']);
      if (!request.ok) return request;
      const { lineage, uriNames, thumbprint } = demand(parseCertificate(leaf));
      if (lineage === undefined) return refuse('GRANT_LINEAGE', 'no lineage');
      const path = new URL(uriNames[0] ?? '').pathname;
      const next = { ...lineage, sequence: lineage.sequence + 1 };
      const key = `${thumbprint.toString('hex')} ${request.value.spki.toString('hex')}`;
      return once(key, () => certify(request.value.spki, { path, lineage: next }));
    },
    async mint(leaf, { audience, scopes }) {
      const { thumbprint } = demand(parseCertificate(leaf));
      const expiresAt = epochSeconds(Date.now() / 1000 + 300);
      return admit({ token: `${audience}.${thumbprint.toString('base64url')}.x`, expiresAt, scopes });
    },
    async acknowledge(_leaf, held) {
      visible.asked.acknowledged.push(held.bundle);
      visible.asked.obeyed.push(held.revocations);
      changes.emit('acknowledged');
      return admit(undefined);
    },
    watch(_leaf, send, signal) {
      const tell = (): void => send({ bundle: visible.bundle, revocations: visible.revocations });
      tell();
      changes.on('trust', tell);
      return new Promise((resolve) => {
        const end = (): void => {
          changes.off('trust', tell);
          resolve(admit(undefined));
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      });
    },
  };
}
