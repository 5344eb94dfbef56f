/**
 * One session at a foreign issuer: a refresh token in a file, and the token that it was last exchanged for. One refresh at
 * a time for all who want it, since two that spend one refresh token end the session. A rotated refresh token is on the
 * disk before anybody gets what came with it; where it cannot be written it is kept, and written before anything else.
 * A file that somebody else changed meanwhile ends the session: what was asked for it is dropped, and never written.
 * Secret: it holds tokens. Spec: RFC 6749 section 6, RFC 9700 section 4.14.
 */
import { readFileSync } from 'node:fs';

import { Fault } from '../../core/fault/fault.ts';
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { epochSeconds, type EpochSeconds, milliseconds, wholeSeconds } from '../../core/time/units.ts';
import { formatBasicCredential } from '../../core/token/basic-credential.ts';
import { parseCompactJws, parseJsonObject } from '../../core/token/jws.ts';
import type { TokenAnswer } from '../../core/token/token-answer.ts';
import { type EndpointTls, requestToken } from '../../runtime/token-endpoint.ts';
import { createAttempts } from './attempts.ts';
import type { RefreshIssuer, SubjectType } from './token-plan.ts';
import type { WatchedSecret } from './watched-secret.ts';

export interface RefresherDeps {
  readonly issuer: RefreshIssuer;
  readonly type: SubjectType;
  readonly refreshToken: Pick<WatchedSecret, 'current' | 'wrote' | 'reread'>;
  /** Undefined: a public client. */
  readonly clientSecret: Pick<WatchedSecret, 'current'> | undefined;
  /** Writes a rotated refresh token, durably. Throws CONFIG_FILE. */
  readonly persist: (text: string) => Promise<void>;
  readonly clock: Clock;
  readonly jitter: Jitter;
}

export interface Refresher {
  /** Names the session: another one once somebody else has changed the file. */
  session(): Outcome<string>;
  /** A token of it that is good now. Single flight; asks again where the session changed meanwhile.
   *  Refuses: RENEW_REFUSED | RENEW_UNREACHABLE | RENEW_UNTRUSTED | RENEW_ANSWER | CONFIG_FILE | CONFIG_PERMISSION. */
  token(): Promise<Outcome<string>>;
}

/** Asks for nothing yet. */
export function createRefresher(deps: RefresherDeps): Refresher {
  const { clock, jitter } = deps;
  const attempts = createAttempts<string>({ clock, jitter, rest: REST, hintMost: REST.most, keysMost: 2 });
  let held: Held | undefined;
  const kept = createKeptSession(deps, () => (held = undefined));

  async function refresh(number: number): Promise<Outcome<string>> {
    const saved = await kept.save();
    if (!saved.ok) return saved;
    const answer = await askIssuer(deps, kept.text());
    if (!kept.isStill(number)) return CHANGED;
    if (!answer.ok) return answer;
    kept.follow(answer.value.refreshToken);
    const written = await kept.save();
    if (!written.ok) return written;
    const text = deps.type === 'id_token' ? answer.value.idToken : answer.value.accessToken;
    if (text === undefined) return refuse('RENEW_ANSWER', 'no id_token');
    held = { text, usableUntil: usableUntil(text, answer.value, wholeSeconds(clock.now())) };
    return admit(text);
  }

  return {
    session() {
      const found = kept.look();
      return found.ok ? admit(`session-${found.value}`) : found;
    },
    async token() {
      for (;;) {
        const found = kept.look();
        if (!found.ok) return found;
        if (held !== undefined && wholeSeconds(clock.now()) < held.usableUntil) return admit(held.text);
        const number = found.value;
        const key = String(number);
        const refusal = attempts.resting(key);
        if (refusal !== undefined) return { ok: false, refusal };
        const got = await attempts.begin(key, () => refresh(number));
        if (kept.isStill(number)) return got;
      }
    },
  };
}

/** The session in its file. `onOther` is told when somebody else wrote another one. */
function createKeptSession({ refreshToken, persist }: RefresherDeps, onOther: () => void) {
  let session: Session = { number: 0, digest: '', text: '', isSaved: true };

  /** Its number. What somebody else wrote begins another session: nothing of the one before counts any more. */
  function look(): Outcome<number> {
    const found = refreshToken.current();
    if (!found.ok) return found;
    const { text, digest } = found.value;
    if (digest === session.digest) return admit(session.number);
    // Our own writing may be seen before we were told that it is done.
    if (text === session.text) session = { ...session, digest, isSaved: true };
    else {
      session = { number: session.number + 1, digest, text, isSaved: true };
      onOther();
    }
    return admit(session.number);
  }

  /** Whether it is still the same login; a file that cannot be read now does not end it. */
  function isStill(number: number): boolean {
    look();
    return session.number === number;
  }

  /** Only then may anybody use what came with it. */
  async function save(): Promise<Outcome<void>> {
    if (session.isSaved) return admit(undefined);
    const { number, text } = session;
    // Not what the watch saw last: a login that was put there a moment ago must not be written over.
    await refreshToken.reread();
    const found = look();
    if (!found.ok) return found;
    if (session.number !== number) return CHANGED;
    try {
      await persist(text);
    } catch (thrown) {
      const { code, detail } = Fault.from(thrown);
      return refuse(code, detail);
    }
    if (!isStill(number)) return CHANGED;
    session = { ...session, digest: refreshToken.wrote(text), isSaved: true };
    return admit(undefined);
  }

  return {
    look,
    isStill,
    save,
    text: (): string => session.text,
    /** The refresh token that took its place, where the issuer rotates them. */
    follow(next: string | undefined): void {
      if (next !== undefined && next !== session.text) session = { ...session, text: next, isSaved: false };
    },
  };
}

/** Nobody gets it: whoever waits asks again. */
const CHANGED = refuse('CONFIG_FILE', 'the refresh token was changed during the refresh');

/** Since when the file holds the same login. */
interface Session {
  readonly number: number;
  /** Of what the file holds. */
  readonly digest: string;
  /** Secret. The refresh token to be spent next; in the file once `isSaved`. */
  readonly text: string;
  readonly isSaved: boolean;
}

interface Held {
  readonly text: string;
  readonly usableUntil: EpochSeconds;
}

const TIMEOUT = milliseconds(10_000);
/** A session that is over will not come back by asking. */
const REST = { first: milliseconds(500), most: milliseconds(60_000) } as const;
/** Left of a token that is handed out: it still has to reach the CA, whose clock may be ahead. */
const MARGIN_SECONDS = 30;

async function askIssuer({ issuer, clientSecret }: RefresherDeps, refreshToken: string): Promise<Outcome<TokenAnswer>> {
  const secret = clientSecret?.current() ?? admit(undefined);
  if (!secret.ok) return secret;
  const tls = tlsOf(issuer);
  if (!tls.ok) return tls;
  const { url, clientId, scopes } = issuer;
  const answer = await requestToken({
    url,
    form: {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      scope: scopes.length === 0 ? undefined : scopes.join(' '),
      client_id: secret.value === undefined ? clientId : undefined,
    },
    authorization: secret.value === undefined ? undefined : formatBasicCredential(clientId, secret.value.text),
    tls: tls.value,
    timeout: TIMEOUT,
  });
  if (answer.ok) return answer;
  const detail = `refresh at ${new URL(url).host}: ${answer.refusal.detail}`;
  return { ok: false, refusal: { ...answer.refusal, detail } };
}

/** Read at each refresh: roots change seldom, and so do refreshes. */
function tlsOf({ trust }: RefreshIssuer): Outcome<EndpointTls> {
  if (trust.kind === 'system') return admit({ trust: undefined });
  try {
    return admit({ trust: { ca: readFileSync(trust.path, 'utf8') } });
  } catch {
    return refuse('CONFIG_FILE', `the roots in ${trust.path} cannot be read`);
  }
}

/** By its own `exp` where it is a JWT, else by `expires_in`; a token that says neither is used once. */
function usableUntil(text: string, { expiresIn }: TokenAnswer, now: EpochSeconds): EpochSeconds {
  const jws = parseCompactJws(text);
  const claims = jws.ok ? parseJsonObject(jws.value.payload, 'claims') : jws;
  const exp = claims.ok ? claims.value['exp'] : undefined;
  const end = typeof exp === 'number' ? exp : now + (expiresIn ?? 0);
  return epochSeconds(Math.max(now, end - Math.min(MARGIN_SECONDS, Math.floor((end - now) / 5))));
}
