/**
 * The keys that sign tokens, as a service: loaded, or made once, at start; rotated by age or when somebody asks. What is due is
 * said by `key-plan.ts`. Where the disk fails the keys of before stay in use.
 */
import { Fault } from '../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { wholeSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import { faultFields, type Log } from '../../runtime/log.ts';
import { type HeldKey, type KeyFolder, openKeyFolder } from './key-folder.ts';
import { type KeyLife, type KeyStep, planKeys, signingOf, type KeyTerms } from './key-plan.ts';
import type { TokenKey } from './keys.ts';

export interface TokenKeyService extends Service {
  /** Secret. The one that signs. Throws before `start`. */
  readonly current: () => TokenKey;
  /** Secret. All of them: those that signed, the one that does, the one that will. What verifiers are told, and what counts here. */
  readonly published: () => readonly TokenKey[];
  /** What each is for. */
  readonly lives: () => readonly KeyLife[];
  /** Asks for a new key: `soon` once verifiers know it; `now` at once and instead of all others, for a key that is no longer only
   *  ours. Gives the ids of those that are gone by that. Refuses: SIGNER_KEY | ISSUE_AUDIT. */
  rotate(wish: 'soon' | 'now'): Outcome<readonly string[]>;
}

export interface TokenKeyDeps {
  readonly dataDir: string;
  /** Undefined: never by age. */
  readonly rotateAfter: Seconds | undefined;
  readonly audit: Audit;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

const LOOK_EVERY_MS = 30_000;

/** A service whose `start` throws SIGNER_KEY. */
export function createTokenKeyService(deps: TokenKeyDeps): TokenKeyService {
  const { audit } = deps;
  const ring = createRing(deps);
  let timer: NodeJS.Timeout | undefined;
  const ids = (): readonly string[] => ring.held().map(({ life }) => life.id);

  return {
    name: 'token-key',
    current() {
      const signing = signingOf(ring.held().map(({ life }) => life));
      const found = ring.held().find(({ life }) => life.id === signing?.id);
      if (found === undefined) throw new Fault('BUG_UNEXPECTED', 'the token key is asked for before start');
      return found.key;
    },
    published: () => ring.held().map(({ key }) => key),
    lives: () => ring.held().map(({ life }) => life),
    rotate(how) {
      const told = audit.record('token-key-rotation-ordered', { how });
      if (!told.ok) return told;
      const before = ids();
      const looked = ring.look(how);
      return looked.ok ? admit(before.filter((id) => !ids().includes(id))) : looked;
    },
    async start(signal) {
      signal.throwIfAborted();
      ring.open();
      const looked = ring.look();
      if (!looked.ok) throw new Fault('SIGNER_KEY', looked.refusal.detail);
      timer = setInterval(() => ring.look(), LOOK_EVERY_MS);
      timer.unref();
    },
    async drain() {},
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}

/** The keys in memory and in their folder. */
function createRing({ dataDir, rotateAfter, audit, clock, log }: TokenKeyDeps) {
  let folder: KeyFolder | undefined;
  let held: readonly HeldKey[] = [];
  let wish: KeyTerms['wish'] = 'none';
  const now = (): EpochSeconds => wholeSeconds(clock.now());

  function take(step: KeyStep, into: KeyFolder): void {
    const before = held;
    const next = applied(step, before, { make: () => into.make(), now: now() });
    into.write(next);
    held = next;
    if (step === 'activate' || step === 'replace') wish = 'none';
    const facts = factsOf(step, before, next);
    log.info('token key', facts);
    const told = audit.record('token-key', facts);
    if (!told.ok) log.error('a step of the token keys is not in the audit stream', { code: told.refusal.code });
  }

  /** Does what is due. An order holds until it is carried out. */
  function look(order = wish): Outcome<void> {
    wish = order;
    if (folder === undefined) return refuse('BUG_UNEXPECTED', 'the token keys are looked at before start');
    try {
      for (const step of planKeys(
        held.map(({ life }) => life),
        { rotateAfter, wish, now: now() },
      ))
        take(step, folder);
      return admit(undefined);
    } catch (thrown) {
      const fault = Fault.from(thrown);
      log.error('the token keys stay as they are', faultFields(fault));
      // Whoever ordered it must hear which keys went, to revoke them: he asks again.
      if (order === 'now') wish = 'none';
      return refuse('SIGNER_KEY', fault.detail);
    }
  }

  return {
    held: () => held,
    look,
    open() {
      folder = openKeyFolder(dataDir, now);
      held = folder.read();
    },
  };
}

type Facts = Readonly<Record<string, string | undefined>>;

/** For log and audit stream: a replacement names all that went, so that they can be revoked whatever happens next. */
function factsOf(step: KeyStep, before: readonly HeldKey[], next: readonly HeldKey[]): Facts {
  if (typeof step !== 'string') return { step: 'drop', key: step.drop };
  const key = next.at(-1)?.life.id;
  return step === 'replace' ? { step, key, gone: before.map(({ life }) => life.id).join(' ') } : { step, key };
}

interface Means {
  readonly make: () => TokenKey;
  readonly now: EpochSeconds;
}

function applied(step: KeyStep, held: readonly HeldKey[], { make, now }: Means): readonly HeldKey[] {
  if (step === 'prepare') {
    const key = make();
    return [...held, { key, life: { id: key.id, publishedAt: now, signsFrom: undefined, retiredAt: undefined } }];
  }
  if (step === 'replace') {
    const key = make();
    return [{ key, life: { id: key.id, publishedAt: now, signsFrom: now, retiredAt: undefined } }];
  }
  if (step !== 'activate') return held.filter(({ life }) => life.id !== step.drop);
  const signing = signingOf(held.map(({ life }) => life));
  return held.map(({ key, life }) => {
    if (life.id === signing?.id) return { key, life: { ...life, retiredAt: now } };
    return life.signsFrom === undefined ? { key, life: { ...life, signsFrom: now } } : { key, life };
  });
}
