/** Both halves of the rule together, over lineages of any shape: what the CA plans, verifiers accept, and nothing else. */
import { expect } from 'chai';
import fc from 'fast-check';

import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import type { Peer } from '../../../../core/identity/peer.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { acceptPredecessor, planLineage } from '../../../../core/token/lineage.ts';
import type { VerifiedToken } from '../../../../core/token/verified-token.ts';
import { tokenOf } from '../../sidecar/callers.ts';
import { AGENT, NOW, peerOf } from './tokens.ts';

const TOKEN_TTL = 300;
const SKEW = 30;
const MESH = peerOf().id.trustDomain;
const rules = { trustDomain: MESH, lineage: true, jkt: 'dpop', skew: seconds(SKEW) } as const;

type Leaf = Peer & { readonly issuedAt: number };

/** The leaves of one instance: how long each lives, and how long after its issue the next one is asked for. */
const shapes = fc.array(
  fc.record({ life: fc.integer({ min: 60, max: 900 }), used: fc.double({ min: 0, max: 1, noNaN: true }) }),
  {
    minLength: 2,
    maxLength: 8,
  },
);

function leavesOf(shape: readonly { readonly life: number; readonly used: number }[]): readonly Leaf[] {
  const leaves: Leaf[] = [];
  let at: number = NOW;
  for (const [index, { life, used }] of shape.entries()) {
    const issuedAt = epochSeconds(at);
    const terms = { issuedAt, tokenTtl: seconds(TOKEN_TTL), freshId: Buffer.alloc(16, 1) };
    const lineage = planLineage(leaves.at(-1), terms);
    const thumbprint = Buffer.alloc(32, index + 1);
    const notAfter = epochSeconds(at + life);
    leaves.push({ ...peerOf({ thumbprint, lineage, notAfter }), issuedAt });
    at += Math.floor(life * used);
  }
  return leaves;
}

const tokenAt = (issuedAt: number): VerifiedToken => tokenOf({ rules, actor: AGENT, issuedAt: epochSeconds(issuedAt) });

describe('planLineage() and acceptPredecessor()', () => {
  /** Calls `judge` for each pair of leaves, with a token of the earlier one and a moment in the life of the later one. */
  function forAll(
    judge: (pair: {
      leaves: readonly Leaf[];
      from: number;
      to: number;
      now: number;
      iat: number;
      accepted: boolean;
    }) => void,
  ) {
    const moment = fc.integer({ min: 0, max: 900 });
    fc.assert(
      fc.property(shapes, moment, moment, (shape, sinceIssue, sinceMint) => {
        const leaves = leavesOf(shape);
        for (const [from, before] of leaves.entries())
          for (const [to, after] of leaves.entries()) {
            if (to <= from) continue;
            const now = after.issuedAt + sinceIssue;
            const iat = before.issuedAt + sinceMint;
            const terms = { lineage: true, revocations: NO_REVOCATIONS, now: epochSeconds(now) };
            const { ok } = acceptPredecessor({ token: tokenAt(iat), thumbprint: before.thumbprint }, after, terms);
            judge({ leaves, from, to, now, iat, accepted: ok });
          }
      }),
      { numRuns: 500 },
    );
  }

  it('never accept past the end of the certificate that the token is bound to, nor a token that could not have been minted then', () => {
    forAll(({ leaves, from, to, now, iat, accepted }) => {
      if (!accepted) return;
      expect(now).to.be.below(leaves[from]?.notAfter ?? 0);
      expect(now).to.be.below((leaves[from + 1]?.issuedAt ?? 0) + TOKEN_TTL);
      expect(iat).to.be.most((leaves[to]?.issuedAt ?? 0) + SKEW);
    });
  });

  it('accept whatever outlives one to three renewals within those bounds', () => {
    forAll(({ leaves, from, to, now, iat, accepted }) => {
      const isInTime = now < Math.min(leaves[from]?.notAfter ?? 0, (leaves[from + 1]?.issuedAt ?? 0) + TOKEN_TTL);
      if (to - from <= 3 && isInTime && iat <= (leaves[to]?.issuedAt ?? 0) + SKEW) expect(accepted).to.equal(true);
    });
  });

  it('list at most three, each once, newest first, and never change the end of an entry', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const ends = new Map<string, number>();
        for (const { lineage } of leavesOf(shape)) {
          const listed = lineage?.predecessors ?? [];
          expect(listed.length).to.be.most(3);
          const order = listed.map(({ thumbprint }) => thumbprint[0] ?? 0);
          expect(order).to.deep.equal([...new Set(order)].toSorted((a, b) => b - a));
          for (const { thumbprint, acceptUntil } of listed) {
            const name = thumbprint.toString('hex');
            expect(acceptUntil).to.equal(ends.get(name) ?? acceptUntil);
            ends.set(name, acceptUntil);
          }
        }
      }),
    );
  });
});
