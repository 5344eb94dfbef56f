import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

import { expect } from 'chai';

import type { ByteSink, ByteStream } from '../../../../sidecar/io/port.ts';
import { publicStream } from '../../../../sidecar/io/public.ts';

/** A sink that keeps what it is told, in order, and can be waited for. */
class RecordingSink implements ByteSink {
  readonly told: string[] = [];
  /** What `onBytes` does beside. */
  act: (bytes: Buffer) => void = () => undefined;
  #wake: () => void = () => undefined;

  onBytes(bytes: Buffer): void {
    this.#note(`bytes ${bytes.toString('latin1')}`);
    this.act(bytes);
  }

  onDrain(): void {
    this.#note('drain');
  }

  onEnd(): void {
    this.#note('end');
  }

  onClose(failure: Error | undefined): void {
    this.#note(`close ${failure?.message ?? 'in order'}`);
  }

  async until(word: string): Promise<void> {
    while (!this.told.some((event) => event.startsWith(word)))
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #note(event: string): void {
    this.told.push(event);
    this.#wake();
  }
}

interface Pair extends AsyncDisposable {
  readonly stream: ByteStream;
  readonly other: Socket;
}

async function createPair(): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const other = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  other.on('error', () => undefined);
  const [socket] = await accepted;
  const stream = publicStream(socket);
  return {
    stream,
    other,
    async [Symbol.asyncDispose]() {
      stream.destroy();
      other.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('publicStream()', () => {
  it('tells nothing before a sink is attached, then all of it', async () => {
    await using pair = await createPair();
    pair.other.write('early');
    await new Promise(setImmediate);
    const sink = new RecordingSink();
    pair.stream.attach(sink);
    await sink.until('bytes');
    expect(sink.told).to.deep.equal(['bytes early']);
  });

  it('tells the end of the other half, and can still write', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    pair.stream.attach(sink);
    pair.other.end('x');
    await sink.until('end');
    pair.stream.write(Buffer.from('answer'));
    pair.stream.end();
    const [bytes] = (await once(pair.other, 'data')) as [Buffer];
    expect(bytes.toString()).to.equal('answer');
    await sink.until('close');
    expect(sink.told).to.deep.equal(['bytes x', 'end', 'close in order']);
  });

  it('tells a reset as a failure, once and last', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    pair.stream.attach(sink);
    pair.other.resetAndDestroy();
    await sink.until('close');
    expect(sink.told).to.deep.equal(['close read ECONNRESET']);
  });

  it('tells the newest sink only', async () => {
    await using pair = await createPair();
    const [old, next] = [new RecordingSink(), new RecordingSink()];
    pair.stream.attach(old);
    pair.stream.attach(next);
    pair.other.write('x');
    await next.until('bytes');
    expect(old.told).to.deep.equal([]);
  });

  it('tells the close to a sink that is attached after it', async () => {
    await using pair = await createPair();
    const first = new RecordingSink();
    pair.stream.attach(first);
    pair.stream.destroy();
    await first.until('close');
    const late = new RecordingSink();
    pair.stream.attach(late);
    await late.until('close');
    expect(late.told).to.deep.equal(['close in order']);
  });

  it('says when to stop writing and when to go on', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    pair.stream.attach(sink);
    while (pair.stream.write(Buffer.alloc(1_048_576)));
    expect(pair.stream.buffered).to.be.greaterThan(0);
    expect(sink.told).to.deep.equal([]);
    pair.other.resume();
    await sink.until('drain');
    expect(pair.stream.buffered).to.equal(0);
  });

  it('reads nothing while it is paused', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    pair.stream.attach(sink);
    pair.stream.pause();
    pair.other.write('x');
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(sink.told).to.deep.equal([]);
    pair.stream.resume();
    await sink.until('bytes');
  });

  it('ends the one stream whose sink throws, with BUG_UNEXPECTED, and the process lives', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    sink.act = () => {
      throw new Error('a defect');
    };
    pair.stream.attach(sink);
    pair.other.write('x');
    await sink.until('close');
    expect(sink.told).to.deep.equal(['bytes x', 'close BUG_UNEXPECTED: a defect']);
  });
});
