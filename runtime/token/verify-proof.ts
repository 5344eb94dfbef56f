/**
 * Verifies a DPoP proof: first all that `core/token/proof.ts` can judge, then the signature by the key that the proof
 * carries. Remembers nothing: that a proof is used once is the business of `replay.ts`, after every other check.
 */
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import { checkProof, type DpopProof, type ProofTerms } from '../../core/token/proof.ts';
import { isSignedBy } from './verify-jws.ts';

/** Gives what the proof proves. Refuses: BINDING_PROOF | BINDING_NONCE | BINDING_PROOF_KEY.
 *  Cost: ES256 about 0.4 ms, a third of it off this thread. */
export async function verifyProof(text: string, terms: ProofTerms): Promise<Outcome<DpopProof>> {
  const checked = checkProof(text, terms);
  if (!checked.ok) return checked;
  const { proof, jws, key, algorithm } = checked.value;
  const isSound = await isSignedBy({ text, jws }, key, algorithm);
  return isSound ? admit(proof) : refuse('BINDING_PROOF', `the signature does not verify (${algorithm})`);
}
