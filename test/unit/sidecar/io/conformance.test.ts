import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';

import { expect } from 'chai';

import { clientContextOptions, mutualServerOptions } from '../../../../runtime/tls-options.ts';
import type { ByteSink, ByteStream, MakeStream } from '../../../../sidecar/io/port.ts';
import { publicStream } from '../../../../sidecar/io/public.ts';
import { createRawStreams } from '../../../../sidecar/io/raw.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { requireNative } from './native-here.ts';

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

  /** All bytes, joined. */
  get text(): string {
    return this.told
      .filter((event) => event.startsWith('bytes '))
      .map((event) => event.slice(6))
      .join('');
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
  /** The other end goes without a word. */
  reset(): void;
  /** Ends the connection beneath `other`: bytes that nobody reads hold a relay open, and a relay its process. */
  drop(): void;
}

type Transport = 'TCP' | 'TLS';

const authority = createTestAuthority();
const identity = () => {
  const leaf = issueTestLeaf(authority, { path: '/x' });
  return { key: leaf.key, chain: [leaf.der], roots: [authority.der] };
};

function serve(transport: Transport): { server: Server; accepted: Promise<[Socket]> } {
  if (transport === 'TCP') {
    const server = createServer({ allowHalfOpen: true });
    return { server, accepted: once(server, 'connection') as Promise<[Socket]> };
  }
  const server = createTlsServer({ ...mutualServerOptions(identity()) });
  return { server, accepted: once(server, 'secureConnection') as Promise<[Socket]> };
}

async function open(
  transport: Transport,
  port: number,
  first: string,
): Promise<Pick<Pair, 'other' | 'reset' | 'drop'>> {
  const tcp = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const other = transport === 'TCP' ? tcp : await tlsThrough(tcp);
  for (const socket of [tcp, other]) socket.on('error', () => undefined);
  if (first !== '') other.write(first);
  return { other, reset: () => void tcp.resetAndDestroy(), drop: () => void tcp.destroy() };
}

/** TLS on a connection of its own to a relay, so that the connection behind it can be reset. */
async function tlsThrough(tcp: Socket): Promise<Socket> {
  const relay = createServer({ allowHalfOpen: true }, (near) => {
    near.on('error', () => undefined);
    near.pipe(tcp).pipe(near);
    tcp.once('close', () => {
      near.destroy();
      relay.close();
    });
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const { port } = relay.address() as AddressInfo;
  const own = { ...clientContextOptions(identity()), checkServerIdentity: () => undefined };
  return connectTls({ port, host: '127.0.0.1', ...own });
}

/** A stream and its other end. `first` is written as early as it can be. */
async function makePair(make: MakeStream, transport: Transport, first = ''): Promise<Pair> {
  const { server, accepted } = serve(transport);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { other, reset, drop } = await open(transport, (server.address() as AddressInfo).port, first);
  const [socket] = await accepted;
  socket.allowHalfOpen = true;
  const stream = make(socket);
  return {
    stream,
    other,
    reset,
    drop,
    async [Symbol.asyncDispose]() {
      stream.destroy();
      other.destroy();
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}

const MIB = 1_048_576;

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function itTellsEvents(make: MakeStream, transport: Transport): void {
  const createPair = (first?: string): Promise<Pair> => makePair(make, transport, first);

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
    await new Promise(setImmediate);
    pair.reset();
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
}

function itHoldsBack(make: MakeStream, transport: Transport): void {
  const createPair = (first?: string): Promise<Pair> => makePair(make, transport, first);

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
}

function itMovesBytes(make: MakeStream, transport: Transport): void {
  const createPair = (first?: string): Promise<Pair> => makePair(make, transport, first);

  it('tells what came before it was made', async () => {
    await using pair = await createPair('with the handshake');
    await new Promise(setImmediate);
    const sink = new RecordingSink();
    pair.stream.attach(sink);
    pair.other.end(' and after');
    await sink.until('end');
    expect(sink.text).to.equal('with the handshake and after');
  });

  it('writes everything before it ends, in order, whatever waits', async () => {
    await using pair = await createPair();
    pair.stream.attach(new RecordingSink());
    const pieces = Array.from({ length: 64 }, () => randomBytes(65_536));
    for (const piece of pieces) pair.stream.write(piece);
    pair.stream.end();
    const came: Buffer[] = [];
    for await (const bytes of pair.other) came.push(bytes as Buffer);
    expect(digestOf(Buffer.concat(came))).to.equal(digestOf(Buffer.concat(pieces)));
  });

  it('A-551 passes on what is only good during the call to a slow reader, without a byte changed', async () => {
    await using from = await createPair();
    await using to = await createPair();
    const [source, target] = [new RecordingSink(), new RecordingSink()];
    source.act = (bytes) => {
      // In two writes, so that the second has to wait for the first.
      to.stream.write(bytes.subarray(0, 100));
      if (!to.stream.write(bytes.subarray(100))) from.stream.pause();
    };
    target.onDrain = () => from.stream.resume();
    to.stream.attach(target);
    from.stream.attach(source);
    const sent = randomBytes(8 * MIB);
    from.other.end(sent);
    await once(to.other, 'readable');
    const came: Buffer[] = [];
    let size = 0;
    for await (const bytes of to.other) {
      came.push(bytes as Buffer);
      size += (bytes as Buffer).length;
      if (size === sent.length) break;
    }
    expect(digestOf(Buffer.concat(came))).to.equal(digestOf(sent));
  });
}

function itKeepsItsWord(make: MakeStream, transport: Transport): void {
  const createPair = (first?: string): Promise<Pair> => makePair(make, transport, first);

  for (const size of [0, 10, 8_192, 65_536, 90_000, MIB])
    it(`writes text and then a body of ${size} bytes, and what follows it, in order`, async () => {
      await using pair = await createPair();
      pair.stream.attach(new RecordingSink());
      const body = randomBytes(size);
      pair.stream.writeText('head: \xe9\r\n', body);
      pair.stream.writeText('next');
      pair.stream.end();
      const parts: Buffer[] = [];
      pair.other.on('data', (part: Buffer) => parts.push(part));
      await once(pair.other, 'end');
      const wanted = Buffer.concat([Buffer.from('head: \xe9\r\n', 'latin1'), body, Buffer.from('next')]);
      expect(digestOf(Buffer.concat(parts))).to.equal(digestOf(wanted));
    });

  it('holds little of what nobody reads', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    let size = 0;
    sink.act = (bytes) => {
      size += bytes.length;
      pair.stream.pause();
    };
    pair.stream.attach(sink);
    pair.other.write(randomBytes(8 * MIB));
    await sink.until('bytes');
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    // One read of the backend.
    expect(size).to.be.at.most(81_920);
  });

  it('tells nothing but the close once it is destroyed', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    sink.act = () => pair.stream.destroy();
    pair.stream.attach(sink);
    pair.other.end(randomBytes(MIB));
    await sink.until('close');
    expect(sink.told.map((event) => event.slice(0, 5))).to.deep.equal(['bytes', 'close']);
    expect(pair.stream.write(Buffer.from('late'))).to.equal(false);
    pair.stream.pause();
    pair.stream.resume();
    pair.stream.end();
  });

  it('tells the end behind what a pause has held back', async () => {
    await using pair = await createPair();
    const sink = new RecordingSink();
    sink.act = () => {
      pair.stream.pause();
      setImmediate(() => pair.stream.resume());
    };
    pair.stream.attach(sink);
    const sent = randomBytes(300_000);
    pair.other.end(sent);
    await sink.until('end');
    expect(digestOf(Buffer.from(sink.text, 'latin1'))).to.equal(digestOf(sent));
    expect(sink.told.at(-1)).to.equal('end');
  });
}

const BACKENDS: ReadonlyMap<string, () => MakeStream> = new Map([
  ['public', () => publicStream],
  ['raw', () => createRawStreams(requireNative())],
]);

for (const [name, makeOf] of BACKENDS) {
  for (const transport of ['TCP', 'TLS'] as const) {
    describe(`the ${name} backend of the port, on ${transport}`, () => {
      for (const its of [itTellsEvents, itHoldsBack, itMovesBytes, itKeepsItsWord]) its(makeOf(), transport);
    });
  }
}
