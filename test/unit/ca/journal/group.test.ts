import { expect } from 'chai';

import type { Answer, Command } from '../../../../ca/journal/command.ts';
import { createGroup } from '../../../../ca/journal/group.ts';
import { admit, type Outcome } from '../../../../core/fault/refusal.ts';
import { codeOf } from '../small-ca.ts';

const COMMAND: Command = { kind: 'read-trust' };
const DONE: Outcome<Answer> = admit({ kind: 'nothing' });

describe('createGroup()', () => {
  it('refuses with ISSUE_BUSY once 4096 commands wait', async () => {
    const group = createGroup(() => undefined);
    void group.add(COMMAND);
    const waiting = Array.from({ length: 4096 }, () => group.add(COMMAND));
    expect(codeOf(await group.add(COMMAND))).to.equal('ISSUE_BUSY');
    group.fail('end of the test');
    await Promise.all(waiting);
  });

  it('refuses all that wait and all that is on its way with JOURNAL_FAILED', async () => {
    const group = createGroup(() => undefined);
    const lost = [group.add(COMMAND), group.add(COMMAND), group.add(COMMAND)];
    group.fail('disk gone');
    expect((await Promise.all(lost)).map(codeOf)).to.deep.equal(['JOURNAL_FAILED', 'JOURNAL_FAILED', 'JOURNAL_FAILED']);
  });

  it('refuses with JOURNAL_FAILED where an answer is missing', async () => {
    const group = createGroup(() => undefined);
    const first = group.add(COMMAND);
    group.answer([]);
    expect(codeOf(await first)).to.equal('JOURNAL_FAILED');
  });

  it('has one batch on its way, and all that came meanwhile in the next', async () => {
    const sizes: number[] = [];
    const group = createGroup((commands) => sizes.push(commands.length));
    const answers = Array.from({ length: 5 }, () => group.add(COMMAND));
    expect(sizes).to.deep.equal([1]);
    group.answer([DONE]);
    expect(sizes).to.deep.equal([1, 4]);
    group.answer([DONE, DONE, DONE, DONE]);
    expect((await Promise.all(answers)).map(codeOf)).to.deep.equal(['ok', 'ok', 'ok', 'ok', 'ok']);
    await group.whenIdle();
  });

  it('bounds a batch to 256', () => {
    const sizes: number[] = [];
    const group = createGroup((commands) => sizes.push(commands.length));
    for (let count = 0; count < 301; count += 1) void group.add(COMMAND);
    group.answer([DONE]);
    group.answer(Array.from({ length: 256 }, () => DONE));
    expect(sizes).to.deep.equal([1, 256, 44]);
  });

  it('waits for the neighbours of the first command, where it is told how', () => {
    const sizes: number[] = [];
    const begins: (() => void)[] = [];
    const group = createGroup(
      (commands) => sizes.push(commands.length),
      (begin) => begins.push(begin),
    );
    for (let count = 0; count < 5; count += 1) void group.add(COMMAND);
    expect([sizes, begins.length]).to.deep.equal([[], 1]);
    begins.pop()?.();
    expect(sizes).to.deep.equal([5]);
    void group.add(COMMAND);
    // On its way is one batch: the answer to it begins the next, at once.
    expect(begins).to.have.length(0);
    group.answer([]);
    expect(sizes).to.deep.equal([5, 1]);
  });
});
