/**
 * Workloads for load: each with its key, its certificate and its own mutual-TLS connection that holds a `Watch`, as a
 * sidecar has. Keys and certificate requests are made before a window, so that none of their cost falls into it.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

import { writeCsr } from '../../core/x509/csr-write.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { WIRE } from '../../runtime/grpc/wire.ts';
import { frame, openSession, type Session } from '../../test/kit/grpc-session.ts';
import { runClosed, runScheduled, type Window } from '../pool.ts';

const { Bootstrap, Mesh } = WIRE.cleat.ca.v1;
const ISSUE = Bootstrap.service.Issue;
const RENEW = Mesh.service.Renew;
const WATCH = Mesh.service.Watch;

export interface FleetTarget {
  readonly bootstrap: number;
  readonly mesh: number;
  /** PEM. */
  readonly root: string;
}

interface Wanted {
  readonly key: KeyObject;
  readonly framed: Buffer;
}

interface Member {
  key: KeyObject;
  leaf: Buffer;
  session: Session | undefined;
  next: Wanted | undefined;
  /** It has a newer certificate than its connection. */
  isOutdated: boolean;
}

export interface Fleet {
  /** One `Issue` a token, each for a new member. */
  enrol(tokens: readonly string[], callers: number): Promise<Window>;
  /** Opens the connections that are not open, with the newest certificates; with their streams where asked for. */
  connect(watching: boolean): Promise<void>;
  disconnect(): void;
  /** The first `count` members renew: `callers` at once, or over a time. Their next `connect` opens new connections. */
  renew(count: number, how: { readonly callers: number } | { readonly overMs: number }): Promise<Window>;
  /** Makes the keys and requests of the next renewal. */
  prepare(count: number): void;
  /** Resolves when each open stream has had one more message, with the time (`process.hrtime`, ns) of the last. */
  nextBundle(): Promise<bigint>;
}

/** Connections opened at once: a handshake is work for both sides. */
const HANDSHAKES = 8;

/** No member yet. */
export function createFleet(target: FleetTarget): Fleet {
  const crew: Crew = { target, members: [], bundles: createTally() };
  return {
    enrol: (tokens, callers) => enrol(crew, tokens, callers),
    connect: (watching) => connect(crew, watching),
    disconnect() {
      for (const member of crew.members) close(member);
    },
    prepare(count) {
      for (const member of crew.members.slice(0, count)) {
        const key = makeKey();
        member.next = { key, framed: frame(RENEW.requestSerialize({ csr: writeCsr(key), ttl_seconds: 0 })) };
      }
    },
    async renew(count, how) {
      const renewing = crew.members.slice(0, count);
      // Their connections end at the next `connect`: that too is work, and not of this window.
      for (const member of renewing) member.isOutdated = true;
      return 'callers' in how
        ? runClosed(renewing, how.callers, renewOne)
        : runScheduled(renewing, how.overMs, renewOne);
    },
    nextBundle() {
      crew.bundles = createTally();
      return crew.bundles.full(crew.members.filter(({ session }) => session !== undefined).length);
    },
  };
}

interface Crew {
  readonly target: FleetTarget;
  readonly members: Member[];
  bundles: ReturnType<typeof createTally>;
}

async function enrol({ target, members }: Crew, tokens: readonly string[], callers: number): Promise<Window> {
  const context = createSecureContext({ ca: target.root });
  const sessions = await Promise.all(
    Array.from({ length: callers }, () => openSession({ port: target.bootstrap, context })),
  );
  const work = tokens.map((token, place) => {
    const key = makeKey();
    const request = { csr: writeCsr(key), join_token: token, ttl_seconds: 0 };
    return { key, framed: frame(ISSUE.requestSerialize(request)), session: sessions[place % callers] };
  });
  const window = await runClosed(work, callers, async ({ key, framed, session }) => {
    if (session === undefined) throw new Error('no session');
    const answer = ISSUE.responseDeserialize(await session.call(ISSUE.path, framed));
    const leaf = leafOf(answer.certificate?.chain);
    members.push({ key, leaf, session: undefined, next: undefined, isOutdated: false });
  });
  for (const session of sessions) session.close();
  return window;
}

async function connect(crew: Crew, watching: boolean): Promise<void> {
  for (const member of crew.members) if (member.isOutdated) close(member);
  const closed = crew.members.filter(({ session }) => session === undefined);
  const window = await runClosed(closed, HANDSHAKES, (member) => open(crew, member, watching));
  if (window.failures > 0) throw new Error(`${window.failures} connections failed: ${window.firstFailure}`);
}

async function open(crew: Crew, member: Member, watching: boolean): Promise<void> {
  const { mesh, root } = crew.target;
  const session = await openSession({ port: mesh, context: contextOf(member, root) });
  member.session = session;
  if (!watching) return;
  await new Promise<void>((resolve) => {
    session.stream(WATCH.path, frame(WATCH.requestSerialize({})), () => {
      resolve();
      crew.bundles.count(member);
    });
  });
}

async function renewOne(member: Member): Promise<void> {
  const { session, next } = member;
  if (session === undefined || next === undefined) throw new Error('not prepared');
  const answer = RENEW.responseDeserialize(await session.call(RENEW.path, next.framed));
  member.leaf = leafOf(answer.certificate?.chain);
  member.key = next.key;
  member.next = undefined;
}

function close(member: Member): void {
  member.session?.close();
  member.session = undefined;
  member.isOutdated = false;
}

/** Counts members that were told, and knows when the last one was. */
function createTally() {
  const told = new Set<Member>();
  let wanted = Number.POSITIVE_INFINITY;
  let resolve: (at: bigint) => void = () => undefined;
  return {
    count(member: Member): void {
      told.add(member);
      if (told.size >= wanted) resolve(process.hrtime.bigint());
    },
    full(size: number): Promise<bigint> {
      wanted = size;
      return new Promise((done) => {
        resolve = done;
      });
    },
  };
}

function makeKey(): KeyObject {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  return createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
}

function contextOf({ key, leaf }: Member, root: string): SecureContext {
  return createSecureContext({
    key: key.export({ format: 'pem', type: 'pkcs8' }),
    cert: encodePem('CERTIFICATE', leaf),
    ca: root,
  });
}

/** A copy: what is kept must not hold the whole answer. */
function leafOf(chain: readonly Buffer[] | undefined): Buffer {
  const [leaf] = chain ?? [];
  if (leaf === undefined) throw new Error('no certificate in the answer');
  return Buffer.from(leaf);
}
