import { Writable } from 'node:stream';

import type { ServerWritableStream } from '@grpc/grpc-js';
import { expect } from 'chai';

import { admit, type Outcome } from '../../../../core/fault/refusal.ts';
import { stream } from '../../../../runtime/grpc/answer.ts';
import { createCallLog } from '../../../../runtime/grpc/call-log.ts';
import { collectLog } from '../../../kit/log-lines.ts';

/** A call whose reader takes one state at a time, when the test lets him. */
class SlowCall extends Writable {
  readonly taken: number[] = [];
  readonly request = {};
  cancelled = false;
  #next: () => void = () => undefined;

  constructor() {
    super({ objectMode: true, highWaterMark: 1 });
  }

  override _write(state: number, _encoding: string, done: () => void): void {
    this.taken.push(state);
    this.#next = done;
  }

  take(): void {
    this.#next();
  }

  getPath(): string {
    return '/test/Watch';
  }

  getAuthContext(): object {
    return {};
  }
}

interface Serving {
  readonly call: SlowCall;
  readonly send: (state: number) => void;
  readonly signal: AbortSignal;
  readonly end: (outcome: Outcome<void>) => void;
}

/** Tells each state in one message. */
function newest(): (state: number) => number | undefined {
  let told: number | undefined;
  return (state) => {
    if (told === state) return undefined;
    told = state;
    return state;
  };
}

function serve(ending: AbortSignal = new AbortController().signal): Serving {
  const call = new SlowCall();
  let made: Serving | undefined;
  const method = stream<object, number, number>(
    { log: createCallLog(collectLog().log), ending, begin: newest },
    (_caller, send, signal) => {
      return new Promise((end) => {
        made = { call, send, signal, end };
      });
    },
  );
  method(call as unknown as ServerWritableStream<object, number>);
  return made ?? expect.fail('the method did not run at once');
}

describe('stream()', () => {
  it('keeps one state for a slow reader, the newest, however many there were', async () => {
    const { call, send } = serve();
    for (let state = 1; state <= 1000; state += 1) send(state);
    expect(call.taken).to.deep.equal([1]);
    expect(call.writableLength).to.equal(1);
    const drained = new Promise((resolve) => call.once('drain', resolve));
    call.take();
    await drained;
    expect(call.taken).to.deep.equal([1, 1000]);
    expect(call.writableLength).to.equal(1);
  });

  it('tells the method when the caller goes, and writes nothing to him afterwards', () => {
    const { call, send, signal } = serve();
    call.cancelled = true;
    call.emit('cancelled');
    expect(signal.aborted).to.equal(true);
    send(1);
    expect(call.taken).to.deep.equal([]);
  });

  it('tells the method when the server ends, and ends the call when the method does', async () => {
    const ending = new AbortController();
    const { call, end, signal } = serve(ending.signal);
    ending.abort();
    expect(signal.aborted).to.equal(true);
    const finished = new Promise((resolve) => call.once('finish', resolve));
    end(admit(undefined));
    await finished;
    expect(call.writableEnded).to.equal(true);
  });
});
