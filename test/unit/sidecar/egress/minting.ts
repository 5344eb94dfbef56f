/** A CA's token service as the egress rooms see it: it answers what a test says, and keeps what it was asked. */
import { admit, type Outcome } from '../../../../core/fault/refusal.ts';
import { epochMilliseconds, epochSeconds, milliseconds, type EpochSeconds } from '../../../../core/time/units.ts';
import type { Clock } from '../../../../core/time/clock.ts';
import type { MintedToken, MintRequest } from '../../../../runtime/grpc/messages.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import type { TokenSource } from '../../../../sidecar/egress/token-source.ts';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A minted token for this thumbprint; `claims` replace what it says. */
export function mintedFor(
  thumbprintText: string,
  { audience, expiresAt, claims = {} }: { audience: string; expiresAt: EpochSeconds; claims?: object },
): MintedToken {
  const body = { aud: audience, exp: expiresAt, cnf: { 'x5t#S256': thumbprintText }, ...claims };
  const token = `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part(body)}.${Buffer.alloc(64).toString('base64url')}`;
  return { token, expiresAt, scopes: [] };
}

export interface Minting {
  readonly asked: MintRequest[];
  /** What it answers from now on. */
  answer: (request: MintRequest) => Promise<Outcome<MintedToken>>;
  readonly mint: (request: MintRequest) => Promise<Outcome<MintedToken>>;
}

export function createMinting(answer: Minting['answer']): Minting {
  const minting: Minting = {
    asked: [],
    answer,
    mint(request) {
      minting.asked.push(request);
      return minting.answer(request);
    },
  };
  return minting;
}

/** Mints for this thumbprint with this life, counted from the clock. */
export const honest =
  (thumbprintText: string, clock: Clock, life = 300): Minting['answer'] =>
  ({ audience }) => {
    const expiresAt = epochSeconds(clock.now() / 1000 + life);
    return Promise.resolve(
      admit(mintedFor(thumbprintText, { audience, expiresAt, claims: { jti: String(clock.now()) } })),
    );
  };

/** The source that a right of this CA comes from: our own identity. */
export const sourceOf = (
  mint: (snapshot: Snapshot, request: MintRequest) => Promise<Outcome<MintedToken>>,
  changes: Partial<TokenSource> & { readonly subject?: string } = {},
): TokenSource => ({
  name: 'identity',
  isLasting: true,
  right: () => admit({ subject: changes.subject ?? 'own', redeem: mint }),
  ...changes,
});

/** A clock that stands until a test moves it. */
export function standingClock(start: EpochSeconds): Clock & { forward(seconds: number): void } {
  let passed = 0;
  return {
    now: () => epochMilliseconds((start + passed) * 1000),
    monotonic: () => milliseconds(passed * 1000),
    forward(seconds) {
      passed += seconds;
    },
  };
}
