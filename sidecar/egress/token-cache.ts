/**
 * The tokens of one certificate: asked for once, renewed early, used only while certificate and token both last. A token
 * that is not bound to this very certificate never gets in. Knows no upstream and no connection.
 * Secret: it holds tokens. Spec: RFC 8705 section 3.1; when a token is renewed: DESIGN section 6, "Egress".
 */
import { admit, type Outcome, type Refusal, refuse } from '../../core/fault/refusal.ts';
import type { Clock } from '../../core/time/clock.ts';
import { type EpochSeconds, epochSeconds, wholeSeconds } from '../../core/time/units.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import { checkMinted } from './minted.ts';

/** What a token is for. */
export interface TokenWant {
  readonly audience: string;
  readonly scopes: readonly string[];
}

/** The certificate that all tokens of a cache are bound to. */
export interface Holder {
  /** `x5t#S256` of the leaf. */
  readonly thumbprintText: string;
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
}

export interface TokenCacheDeps {
  readonly holder: Holder;
  /** Asks the CA over a channel that shows the holder's certificate. Never rejects. */
  mint(request: MintRequest): Promise<Outcome<MintedToken>>;
  readonly clock: Clock;
  /** Told once for each answer of the CA: `minted`, or the code of the refusal. */
  count(result: string): void;
}

export interface TokenCache {
  /** A token that is good now: at once if one is held. Single flight. Refuses: UPSTREAM_TOKEN. */
  get(want: TokenWant): Outcome<string> | Promise<Outcome<string>>;
  /** What the tokens that are held now are for. */
  inUse(): readonly TokenWant[];
}

/** An empty cache. Its keys carry the holder's thumbprint, on read and on write. */
export function createTokenCache(deps: TokenCacheDeps): TokenCache {
  const { holder, clock } = deps;
  const held = new Map<string, Held>();
  const underWay = new Map<string, Promise<Outcome<string>>>();
  const failures = new Map<string, Failure>();

  async function fetch(key: string, want: TokenWant): Promise<Outcome<string>> {
    const answer = await deps.mint({ audience: want.audience, scopes: want.scopes, ttl: undefined });
    const now = wholeSeconds(clock.now());
    const { thumbprintText } = holder;
    const sound = answer.ok ? checkMinted(answer.value, { audience: want.audience, thumbprintText, now }) : answer;
    deps.count(sound.ok ? 'minted' : sound.refusal.code);
    if (!answer.ok) return unavailable(want, answer.refusal);
    if (!sound.ok) return unavailable(want, sound.refusal);
    const { token, expiresAt } = answer.value;
    const life = lifeOf(expiresAt, now, holder);
    if (now >= life.usableUntil) return refuse('UPSTREAM_TOKEN', `${want.audience}: our certificate is about to end`);
    held.set(key, { want, token, ...life });
    return admit(token);
  }

  function fetchOnce(key: string, want: TokenWant): Promise<Outcome<string>> {
    const running = underWay.get(key);
    if (running !== undefined) return running;
    const started = fetch(key, want).then((outcome) => {
      underWay.delete(key);
      if (outcome.ok) failures.delete(key);
      else failures.set(key, { outcome, until: clock.monotonic() + HOLD_OFF_MS });
      return outcome;
    });
    underWay.set(key, started);
    return started;
  }

  return {
    get(want) {
      const key = keyOf(want, holder);
      const entry = held.get(key);
      const now = wholeSeconds(clock.now());
      const failure = failures.get(key);
      // A CA that says no is not asked again by each request of a busy app.
      const rests = failure !== undefined && clock.monotonic() < failure.until;
      if (entry === undefined || now >= entry.usableUntil) return rests ? failure.outcome : fetchOnce(key, want);
      // Renewed early beside the traffic: this request goes out with the token that is still good.
      if (now >= entry.renewAt && !rests) void fetchOnce(key, want);
      return admit(entry.token);
    },
    inUse() {
      const now = wholeSeconds(clock.now());
      return [...held.values()].filter((entry) => now < entry.usableUntil).map((entry) => entry.want);
    },
  };
}

function unavailable({ audience }: TokenWant, { code, detail }: Refusal): Outcome<never> {
  return refuse('UPSTREAM_TOKEN', `${audience}: ${code} ${detail}`);
}

interface Failure {
  readonly outcome: Outcome<string>;
  /** Monotonic. */
  readonly until: number;
}

const HOLD_OFF_MS = 250;

interface Held extends Life {
  readonly want: TokenWant;
  readonly token: string;
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

function keyOf({ audience, scopes }: TokenWant, { thumbprintText }: Holder): string {
  return [thumbprintText, audience, ...scopes.toSorted()].join(' ');
}
