import { expect } from 'chai';

import { milliseconds } from '../../../core/time/units.ts';
import type { Service } from '../../../runtime/lifecycle.ts';
import { together } from '../../../runtime/together.ts';

describe('together()', () => {
  const running = new AbortController().signal;

  it('starts all at once, so that one that waits holds up no other, and ends all', async () => {
    const done: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const part = (name: string, start: () => Promise<void>): Service => ({
      name,
      start,
      drain: async () => void done.push(`drain ${name}`),
      [Symbol.asyncDispose]: async () => void done.push(`dispose ${name}`),
    });
    const both = together('both', [
      part('slow', () => gate.promise.then(() => void done.push('start slow'))),
      part('quick', async () => {
        done.push('start quick');
        gate.resolve(undefined);
      }),
    ]);
    await both.start(running);
    await both.drain(milliseconds(0));
    await both[Symbol.asyncDispose]();
    const ends = ['drain slow', 'drain quick', 'dispose slow', 'dispose quick'];
    expect(done).to.deep.equal(['start quick', 'start slow', ...ends]);
    expect(both.name).to.equal('both');
  });

  it('throws what one of them throws', async () => {
    const broken: Service = {
      name: 'broken',
      start: () => Promise.reject(new Error('no')),
      drain: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    };
    const thrown: unknown = await together('all', [broken])
      .start(running)
      .catch((error: unknown) => error);
    expect(thrown).to.have.property('message', 'no');
  });
});
