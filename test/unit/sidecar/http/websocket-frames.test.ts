import { expect } from 'chai';

import { FrameCounter, GOING_AWAY, GOING_AWAY_MASKED } from '../../../../sidecar/http/websocket-frames.ts';

/** A frame by RFC 6455 section 5.2, with a payload of this length. */
function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const size =
    length < 126
      ? [mask | length]
      : length < 65_536
        ? [mask | 126, length >> 8, length & 0xff]
        : [mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Buffer.from([0x82, ...size]), Buffer.alloc(isMasked ? 4 : 0, 7), Buffer.alloc(length, 0x88)]);
}

const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536];
const FRAMES = LENGTHS.flatMap((length) => [frame(length, false), frame(length, true)]);

describe('FrameCounter', () => {
  for (const length of LENGTHS)
    it(`finds the end of a frame with ${length} bytes, cut at any of its first 32 bytes`, () => {
      for (const bytes of [frame(length, false), frame(length, true)]) {
        for (let cut = 1; cut < Math.min(32, bytes.length); cut += 1) {
          const counter = new FrameCounter();
          expect(counter.count(bytes.subarray(0, cut), 0), `${cut}`).to.equal(0);
          expect(counter.isBetween, `${cut}`).to.equal(false);
          expect(counter.count(bytes.subarray(cut), 0), `${cut}`).to.equal(bytes.length - cut);
          expect(counter.isBetween, `${cut}`).to.equal(true);
        }
      }
    });

  it('finds the last end among many frames, and none behind the start of another', () => {
    const all = Buffer.concat([...FRAMES, Buffer.from([0x81])]);
    const counter = new FrameCounter();
    expect(counter.count(all, 0)).to.equal(all.length - 1);
    expect(counter.isBetween).to.equal(false);
  });

  it('counts our own closing frames as whole ones', () => {
    for (const bytes of [GOING_AWAY, GOING_AWAY_MASKED]) {
      const counter = new FrameCounter();
      expect(counter.count(bytes, 0)).to.equal(bytes.length);
    }
  });

  it('never finds the end of a frame of 2^63 - 1 bytes', () => {
    const counter = new FrameCounter();
    const head = Buffer.from([0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(counter.count(Buffer.concat([head, Buffer.alloc(65_536)]), 0)).to.equal(0);
    expect(counter.isBetween).to.equal(false);
  });
});
