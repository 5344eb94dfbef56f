import { expect } from 'chai';

import { chooseStreams } from '../../../../sidecar/io/choose.ts';
import { publicStream } from '../../../../sidecar/io/public.ts';
import { PLATFORM } from './native-here.ts';

const whole = () => PLATFORM.binding?.('stream_wrap') as Record<string, unknown>;
const without = (name: string) => () => ({ ...whole(), [name]: undefined });

describe('chooseStreams()', () => {
  for (const [what, platform, reason] of [
    ['an unknown Node', { ...PLATFORM, version: '27.0.0' }, 'not proved on Node 27.0.0'],
    ['no version', { ...PLATFORM, version: '' }, 'not proved on Node '],
    ['no process.binding', { ...PLATFORM, binding: undefined }, 'process.binding is gone'],
    [
      'a process.binding that throws, as under the permission model',
      {
        ...PLATFORM,
        binding: () => {
          throw new Error('barred');
        },
      },
      'process.binding is barred',
    ],
    ['a binding that is not there', { ...PLATFORM, binding: () => undefined }, 'no stream_wrap'],
    ['no request to write', { ...PLATFORM, binding: without('WriteWrap') }, 'no stream_wrap'],
    ['no state', { ...PLATFORM, binding: without('streamBaseState') }, 'no stream_wrap'],
    ['no place of the size', { ...PLATFORM, binding: without('kReadBytesOrError') }, 'stream_wrap has other members'],
    ['no place of the flag', { ...PLATFORM, binding: without('kLastWriteWasAsync') }, 'stream_wrap has other members'],
  ] as const)
    it(`falls back to the documented API on ${what}, and says why`, () => {
      expect(chooseStreams('auto', platform)).to.deep.equal({ backend: 'public', reason, streamOf: publicStream });
    });

  it('takes the documented API where it is told to', () => {
    expect(chooseStreams('public', PLATFORM)).to.include({ backend: 'public', reason: 'io: public' });
  });

  it('takes the native handles on this Node', () => {
    expect(chooseStreams('auto', PLATFORM)).to.include({ backend: 'raw' });
  });
});
