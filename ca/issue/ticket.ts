/** The right to sign one linted certificate, once, with the issuer that it was linted for. */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { Draft } from './template.ts';
import { lint } from './lint.ts';

export class Ticket {
  /** The certificate that may be signed, without a signature yet. */
  readonly unsigned: Certificate;
  readonly #issuer: Certificate;
  #isSpent = false;

  private constructor(unsigned: Certificate, issuer: Certificate) {
    this.unsigned = unsigned;
    this.#issuer = issuer;
  }

  /** The only door: lints the draft. Refuses: ISSUE_LINT, naming each broken rule. */
  static decide(draft: Draft, issuer: Certificate, issuerEnds = issuer.notAfter): Outcome<Ticket> {
    const { unsigned, broken } = lint(draft, issuer, issuerEnds);
    if (unsigned === undefined || broken.length > 0) return refuse('ISSUE_LINT', broken.join('; '));
    return admit(new Ticket(unsigned, issuer));
  }

  /** The bytes to sign, the first time and at the issuer that they were linted for. Refuses: ISSUE_TICKET. */
  redeem(signer: Certificate): Outcome<Buffer> {
    if (this.#isSpent) return refuse('ISSUE_TICKET', 'redeemed before');
    this.#isSpent = true;
    if (!signer.thumbprint.equals(this.#issuer.thumbprint)) return refuse('ISSUE_TICKET', 'linted for another issuer');
    return admit(this.unsigned.tbs);
  }
}
