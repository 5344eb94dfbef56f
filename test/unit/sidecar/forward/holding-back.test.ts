import { expect } from 'chai';

import { serveHttp1 } from '../../../../sidecar/forward/exchange.ts';
import type { Decide } from '../../../../sidecar/forward/forwarding.ts';
import { HTTP_LIMITS, TIME_LIMITS } from '../../../../sidecar/http/limits.ts';
import { MemoryStream } from './memory-stream.ts';
import { get, TestTime } from './rig.ts';

function serveInMemory(decide: Decide<string>): { readonly stream: MemoryStream; readonly paths: string[] } {
  const time = new TestTime();
  const stream = new MemoryStream();
  serveHttp1<string>(stream, {
    rooms: { decide, onDone: () => undefined, recheck: () => undefined, challenge: () => [] },
    options: {
      rules: { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false },
      limits: HTTP_LIMITS,
      times: TIME_LIMITS,
    },
    clock: time,
    ticker: time,
    lifetime: undefined,
    onClosed: () => undefined,
  });
  return { stream, paths: [] };
}

describe('serveHttp1(): holding back', () => {
  it('A-266 stops reading a client that sends more than the bound while one request is judged', () => {
    const { stream } = serveInMemory(() => new Promise(() => undefined));
    const flood = Buffer.from(get('/').repeat(100), 'latin1');
    let sent = 0;
    while (!stream.isPaused && sent < 10_000_000) {
      stream.sink?.onBytes(flood);
      sent += flood.length;
    }
    expect(sent).to.be.within(65_536, 65_536 + 2 * flood.length);
  });

  it('A-266 A-551 begins no further request while the client does not take the last answer', () => {
    const { stream, paths } = serveInMemory((head) => {
      paths.push(head.path);
      return { ok: false, refusal: { code: 'TOKEN_ABSENT', detail: '' }, note: '' };
    });
    stream.takesMore = false;
    stream.sink?.onBytes(Buffer.from(get('/1') + get('/2') + get('/3'), 'latin1'));
    expect(paths).to.deep.equal(['/1']);
    stream.sink?.onDrain();
    expect(paths).to.deep.equal(['/1', '/2']);
    stream.takesMore = true;
    stream.sink?.onDrain();
    expect(paths).to.deep.equal(['/1', '/2', '/3']);
    expect(stream.text.match(/HTTP\/1.1 401 /g)).to.have.lengthOf(3);
  });
});
