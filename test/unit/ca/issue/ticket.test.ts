import { expect } from 'chai';

import { Ticket } from '../../../../ca/issue/ticket.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { codeOf } from '../small-ca.ts';
import { AUTHORITY, soundDraft } from './draft.ts';

describe('Ticket', () => {
  it('A-123 is not to be had for a draft that breaks a rule: ISSUE_LINT, with the rule in the detail', () => {
    const outcome = Ticket.decide({ ...soundDraft(), tbs: Buffer.from('3000', 'hex') }, AUTHORITY.certificate);
    expect(codeOf(outcome)).to.equal('ISSUE_LINT');
    expect(outcome).to.have.nested.property('refusal.detail').that.matches(/read/);
  });

  it('A-137 is redeemed once: the second time is ISSUE_TICKET', () => {
    const ticket = demand(Ticket.decide(soundDraft(), AUTHORITY.certificate));
    expect(codeOf(ticket.redeem(AUTHORITY.certificate))).to.equal('ok');
    expect(codeOf(ticket.redeem(AUTHORITY.certificate))).to.equal('ISSUE_TICKET');
  });

  it('A-137 is not redeemed at another signer, and is spent by the attempt', () => {
    const ticket = demand(Ticket.decide(soundDraft(), AUTHORITY.certificate));
    expect(codeOf(ticket.redeem(createTestAuthority().certificate))).to.equal('ISSUE_TICKET');
    expect(codeOf(ticket.redeem(AUTHORITY.certificate))).to.equal('ISSUE_TICKET');
  });

  it('gives exactly the bytes that were linted', () => {
    const draft = soundDraft();
    const ticket = demand(Ticket.decide(draft, AUTHORITY.certificate));
    expect(demand(ticket.redeem(AUTHORITY.certificate)).equals(draft.tbs)).to.equal(true);
  });
});
