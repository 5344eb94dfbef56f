/**
 * The tokens of one certificate: asked for once, renewed early, used only while certificate and token both last. A token
 * that is not bound to this very certificate never gets in. Knows no upstream and no connection.
 * Secret: it holds tokens. Spec: RFC 8705 section 3.1; when a token is renewed: DESIGN section 6, "Egress".
 */
import { admit, type Outcome, type Refusal, refuse } from '../../core/fault/refusal.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { type EpochSeconds, epochSeconds, milliseconds, wholeSeconds } from '../../core/time/units.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import { createAttempts } from './attempts.ts';
import { createLatest } from './latest.ts';
import { checkMinted } from './minted.ts';
import type { SourceName, TokenRight, TokenWant } from './token-source.ts';

/** The certificate that all tokens of a cache are bound to. */
export interface Holder {
  /** `x5t#S256` of the leaf. */
  readonly thumbprintText: string;
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
}

export interface TokenCacheDeps {
  readonly holder: Holder;
  /** Redeems a right at the CA, showing the holder's certificate. Never rejects. */
  redeem(right: TokenRight, request: MintRequest): Promise<Outcome<MintedToken>>;
  readonly clock: Clock;
  readonly jitter: Jitter;
  /** Told once for each answer of the CA: `minted`, or the code of the refusal. */
  count(source: SourceName, result: string): void;
}

export interface TokenCache {
  /** A token that is good now: at once if one is held. Single flight. Refuses: UPSTREAM_TOKEN | UPSTREAM_SUBJECT. */
  get(want: TokenWant): Outcome<string> | Promise<Outcome<string>>;
  /** The upstream would not take this token. Another one is asked for, unless that has happened already; undefined where
   *  the refused one was itself asked for in the place of another, just now: a third would fare no better. */
  replace(want: TokenWant, refused: string): Outcome<string> | Promise<Outcome<string>> | undefined;
  /** What the tokens that are held now are for, as far as a new certificate will want them too. */
  inUse(): readonly TokenWant[];
}

/** An empty cache. Its keys carry the holder's thumbprint, on read and on write. */
export function createTokenCache(deps: TokenCacheDeps): TokenCache {
  const { holder, clock, jitter } = deps;
  // Whom the app acts for has no bound of its own: the ones used last are kept.
  const held = createLatest<Held>(HELD_MOST);
  const attempts = createAttempts<string>({ clock, jitter, rest: REST, hintMost: HINT_MOST, keysMost: HELD_MOST });

  function fetch(asking: Asking): Promise<Outcome<string>> {
    return attempts.begin(asking.key, async () => {
      const fetched = await fetchToken(asking, deps);
      if (!fetched.ok) return fetched;
      const now = wholeSeconds(clock.now());
      held.prune(({ usableUntil }) => now >= usableUntil);
      held.set(asking.key, fetched.value);
      return admit(fetched.value.token);
    });
  }

  function getFor(asking: Asking): Outcome<string> | Promise<Outcome<string>> {
    const entry = held.get(asking.key);
    const now = wholeSeconds(clock.now());
    // A CA that says no is not asked again by each request of a busy app.
    const refusal = attempts.resting(asking.key);
    if (entry === undefined || now >= entry.usableUntil)
      return refusal === undefined ? fetch(asking) : { ok: false, refusal };
    // Renewed early beside the traffic: this request goes out with the token that is still good.
    if (now >= entry.renewAt && refusal === undefined) void fetch(asking);
    return admit(entry.token);
  }

  return {
    get(want) {
      const asking = askingFor(want, holder);
      return asking.ok ? getFor(asking.value) : asking;
    },
    replace(want, refused) {
      const asking = askingFor(want, holder);
      if (!asking.ok) return asking;
      const { key } = asking.value;
      const entry = held.get(key);
      const present = clock.monotonic();
      if (entry?.token === refused) {
        if (entry.replacedAt !== undefined && present - entry.replacedAt < REPLACEMENT_REST_MS) return undefined;
        held.delete(key);
      }
      return getFor({ ...asking.value, replacedAt: present });
    },
    inUse() {
      const now = wholeSeconds(clock.now());
      return [...held.values()].flatMap(({ usableUntil, want }) =>
        want !== undefined && now < usableUntil ? [want] : [],
      );
    },
  };
}

/** Entries of one cache, each with at most one token of 8 KiB. */
const HELD_MOST = 2048;
/** How long after a replacement a refused token is not replaced again. */
const REPLACEMENT_REST_MS = 10_000;

/** One want, by the right that its source has now. */
interface Asking {
  readonly key: string;
  readonly want: TokenWant;
  readonly right: TokenRight;
  /** Monotonic: when the one before was refused by the upstream; undefined: nothing was refused. */
  readonly replacedAt?: number;
}

function askingFor(want: TokenWant, holder: Holder): Outcome<Asking> {
  const right = want.source.right();
  if (right.ok) return admit({ key: keyOf(want, right.value, holder), want, right: right.value });
  return right.refusal.code === 'UPSTREAM_SUBJECT' ? right : unavailable(want, right.refusal);
}

async function fetchToken({ want, right, replacedAt }: Asking, deps: TokenCacheDeps): Promise<Outcome<Held>> {
  const { holder, clock } = deps;
  const { audience, scopes, source } = want;
  const answer = await deps.redeem(right, { audience, scopes, ttl: undefined });
  const now = wholeSeconds(clock.now());
  const { thumbprintText } = holder;
  const sound = answer.ok ? checkMinted(answer.value, { audience, thumbprintText, now }) : answer;
  deps.count(source.name, sound.ok ? 'minted' : sound.refusal.code);
  if (!answer.ok) return unavailable(want, answer.refusal);
  if (!sound.ok) return unavailable(want, sound.refusal);
  const { token, expiresAt } = answer.value;
  const life = lifeOf(expiresAt, now, holder);
  if (now >= life.usableUntil) return refuse('UPSTREAM_TOKEN', `${audience}: our certificate is about to end`);
  return admit({ want: source.isLasting ? want : undefined, token, ...life, replacedAt });
}

function unavailable({ audience }: TokenWant, { code, detail, retryAfter }: Refusal): Outcome<never> {
  const refusal = { code: 'UPSTREAM_TOKEN', detail: `${audience}: ${code} ${detail}` } as const;
  return { ok: false, refusal: retryAfter === undefined ? refusal : { ...refusal, retryAfter } };
}

/** Whoever was away is asked again within 4 s; how long he wants to be left alone counts, up to a minute. */
const REST = { first: milliseconds(250), most: milliseconds(4000) } as const;
const HINT_MOST = milliseconds(60_000);

interface Held extends Life {
  /** Undefined where nothing of it lasts: a source holds what it exchanges, and that is to go with its request. */
  readonly want: TokenWant | undefined;
  readonly token: string;
  readonly replacedAt: number | undefined;
}

interface Life {
  readonly renewAt: EpochSeconds;
  readonly usableUntil: EpochSeconds;
}

const MARGIN_SECONDS = 30;
const EARLY_SECONDS = 60;

/** Until when a token may be sent: its `exp` or the end of the certificate, less what two clocks may differ by. */
function lifeOf(expiresAt: EpochSeconds, now: EpochSeconds, holder: Holder): Life {
  // A tenth of a short life: half a minute off a certificate of one minute would leave no time for its successor.
  const margin = Math.min(MARGIN_SECONDS, Math.floor((holder.notAfter - holder.notBefore) / 10));
  const usableUntil = Math.min(expiresAt, holder.notAfter - margin);
  const early = Math.min(EARLY_SECONDS, Math.floor((expiresAt - now) / 5));
  return { renewAt: epochSeconds(Math.min(expiresAt - early, usableUntil)), usableUntil: epochSeconds(usableUntil) };
}

/** The issuer is always our own CA. No part holds a space. */
function keyOf({ audience, scopes, source }: TokenWant, { subject }: TokenRight, { thumbprintText }: Holder): string {
  return [thumbprintText, audience, source.name, subject, ...scopes.toSorted()].join(' ');
}
