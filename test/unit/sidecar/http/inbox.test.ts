import { expect } from 'chai';

import { Inbox } from '../../../../sidecar/http/inbox.ts';
import { bytesOf } from './heads.ts';

describe('Inbox', () => {
  it('keeps bytes in order through growth, and gives them once', () => {
    const inbox = new Inbox();
    let expected = '';
    for (let round = 0; round < 300; round += 1) {
      const part = `${round}:${'x'.repeat(round)}`;
      inbox.append(bytesOf(`skip${part}`), 4);
      expected += part;
      if (round % 3 !== 0) continue;
      const used = Math.floor(expected.length / 2);
      expect(inbox.bytes.toString('latin1', 0, used)).to.equal(expected.slice(0, used));
      inbox.consume(used);
      expected = expected.slice(used);
    }
    expect(inbox.bytes.toString('latin1')).to.equal(expected);
    expect(inbox.length).to.equal(expected.length);
  });

  it('leaves a view that it gave before untouched', () => {
    const inbox = new Inbox();
    inbox.append(bytesOf('first'), 0);
    const view = inbox.bytes;
    inbox.consume(5);
    inbox.append(bytesOf('other'), 0);
    inbox.append(Buffer.alloc(10_000, 'y'), 0);
    expect(view.toString('latin1')).to.equal('first');
  });

  it('holds no memory while it is empty', () => {
    const inbox = new Inbox();
    inbox.append(bytesOf('x'), 0);
    inbox.consume(1);
    inbox.append(bytesOf('x'), 1);
    expect(inbox.length).to.equal(0);
    expect(inbox.bytes.buffer.byteLength).to.equal(0);
  });
});
