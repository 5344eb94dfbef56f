/** Settings that name claims of a token: where one is, and what it must be. */
import { z } from 'zod';

import { CLAIM_PATH, type ClaimPath, parseClaimPath } from '../../core/token/claim-path.ts';
import type { ClaimDemand } from '../../core/token/issuer.ts';
import { facts, type FieldSpec, parsed } from './field.ts';

/** A claim by its path. */
export function claimPath(spec: FieldSpec): z.ZodType<ClaimPath, string> {
  return parsed(spec, CLAIM_PATH, parseClaimPath);
}

const DEMANDS_MOST = 16;
const VALUES_MOST = 64;
const VALUE = /^[^\u0000-\u001f\u007f-\u009f]{1,512}$/;

/** Claims by their paths, each with the texts that it may be; where it is absent nothing is demanded. The names are the
 *  issuer's, so this mapping has no keys of its own. */
export function claimDemands(spec: {
  readonly doc: string;
}): z.ZodType<readonly ClaimDemand[], Record<string, string[]> | undefined> {
  const allowed = `a mapping of at most ${DEMANDS_MOST} claims, each with a list of 1 to ${VALUES_MOST} texts`;
  const text = z.string({ error: allowed }).regex(VALUE, { error: allowed });
  const texts = z.array(text, { error: allowed }).min(1, { error: allowed }).max(VALUES_MOST, { error: allowed });
  return z
    .record(z.string(), texts, { error: allowed })
    .prefault({})
    .transform((found, context): readonly ClaimDemand[] => {
      const entries = Object.entries(found);
      const demands = entries.flatMap(([name, oneOf]) => {
        const claim = parseClaimPath(name);
        if (claim === undefined) context.addIssue({ code: 'custom', path: [name], message: CLAIM_PATH });
        return claim === undefined ? [] : { claim, oneOf };
      });
      if (entries.length > DEMANDS_MOST) context.addIssue({ code: 'custom', message: allowed });
      return demands;
    })
    .meta(facts(spec, allowed));
}
