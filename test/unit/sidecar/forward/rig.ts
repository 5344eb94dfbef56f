/**
 * An exchange between real sockets on loopback: a client, our engine, and an app that does what the test says. The
 * clock and the ticker belong to the test, so that no test waits for time.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { Refusal } from '../../../../core/fault/refusal.ts';
import type { Clock } from '../../../../core/time/clock.ts';
import { epochMilliseconds, milliseconds } from '../../../../core/time/units.ts';
import { serveHttp1, type Http1Connection, type Lifetime } from '../../../../sidecar/forward/exchange.ts';
import type {
  AnswerField,
  Decide,
  ExchangeRecord,
  LocalAnswer,
  UnderWay,
} from '../../../../sidecar/forward/forwarding.ts';
import { writeRequestHead } from '../../../../sidecar/forward/head-writer.ts';
import { createUpstreamPool, type UpstreamPool } from '../../../../sidecar/forward/upstream.ts';
import { HTTP_LIMITS, TIME_LIMITS, type HttpLimits } from '../../../../sidecar/http/limits.ts';
import type { RequestHead } from '../../../../sidecar/http/request.ts';
import { openTcp } from '../../../../sidecar/io/connect.ts';
import type { ByteSink, ByteStream } from '../../../../sidecar/io/port.ts';
import type { Ticker } from '../../../../sidecar/io/ticker.ts';
import { streamOfRun } from '../io/native-here.ts';

/** Time that stands still until it is moved; each move is a tick. */
export class TestTime implements Clock, Ticker {
  #passed = 0;
  readonly #watchers = new Set<() => void>();

  now(): ReturnType<Clock['now']> {
    return epochMilliseconds(1_800_000_000_000 + this.#passed);
  }

  monotonic(): ReturnType<Clock['monotonic']> {
    return milliseconds(this.#passed);
  }

  watch(tick: () => void): Disposable {
    this.#watchers.add(tick);
    return { [Symbol.dispose]: () => void this.#watchers.delete(tick) };
  }

  pass(ms: number): void {
    this.#passed += ms;
    for (const tick of this.#watchers) tick();
  }

  get watchers(): number {
    return this.#watchers.size;
  }
}

/** One end of a socket, that keeps what it received. */
export class Wire {
  readonly socket: Socket;
  received = '';
  #hasEnded = false;
  #isClosed = false;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1');
      this.#look();
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      this.#look();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#look();
    });
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Waits for the text and gives what came up to its end; what follows stays for the next call. */
  async until(text: string): Promise<string> {
    await this.#when(() => this.received.includes(text), `${JSON.stringify(text)} in`);
    const end = this.received.indexOf(text) + text.length;
    const taken = this.received.slice(0, end);
    this.received = this.received.slice(end);
    return taken;
  }

  async bytes(count: number): Promise<void> {
    await this.#when(() => this.received.length >= count, `${count} bytes in`);
  }

  /** Waits for the end of the other side's half, or for the cut; gives all that came and was not taken. */
  async end(): Promise<string> {
    await this.#when(() => this.#hasEnded || this.#isClosed, 'the end behind');
    return this.received;
  }

  async closed(): Promise<void> {
    await this.#when(() => this.#isClosed, 'the close behind');
  }

  async #when(isThere: () => boolean, what: string): Promise<void> {
    while (!isThere()) {
      if (this.#isClosed)
        throw new Error(`closed while waiting for ${what} ${JSON.stringify(this.received.slice(-200))}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #look(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const look of waiting) look();
  }
}

/** A stream that notes how much waited in it, and when it was full for the first time. */
export class WatchedStream implements ByteStream {
  most = 0;
  readonly full: Promise<void>;
  #tellFull: () => void = () => undefined;
  readonly #inner: ByteStream;

  constructor(inner: ByteStream) {
    this.#inner = inner;
    this.full = new Promise((resolve) => {
      this.#tellFull = resolve;
    });
  }

  attach(sink: ByteSink): void {
    this.#inner.attach(sink);
  }

  write(bytes: Buffer): boolean {
    return this.#note(this.#inner.write(bytes));
  }

  writeText(text: string, body?: Buffer): boolean {
    return this.#note(this.#inner.writeText(text, body));
  }

  #note(goOn: boolean): boolean {
    this.most = Math.max(this.most, this.#inner.buffered);
    if (!goOn) this.#tellFull();
    return goOn;
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(): void {
    this.#inner.destroy();
  }

  get buffered(): number {
    return this.#inner.buffered;
  }
}

/** A list that can be waited for. */
export class Arrivals<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  add(item: T): void {
    this.all.push(item);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const look of waiting) look();
  }

  /** The item of this place, from 0, as soon as it is there. */
  async at(place: number): Promise<T> {
    for (;;) {
      const item = this.all[place];
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }
}

export interface RigOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly poolConnections?: number;
  readonly closeDelimited?: boolean;
  readonly lifetime?: Lifetime;
  readonly recheck?: (underWay: UnderWay<string>) => Refusal | undefined;
  readonly challenge?: (refusal: Refusal) => readonly AnswerField[];
  readonly answerHere?: (head: RequestHead) => LocalAnswer<string> | undefined;
}

export interface Rig extends AsyncDisposable {
  readonly time: TestTime;
  readonly pool: UpstreamPool;
  readonly records: Arrivals<ExchangeRecord<string>>;
  /** Connections that the app has accepted. */
  readonly app: Arrivals<Wire>;
  readonly desyncs: string[];
  /** Our ends of the connections to clients, and of those to the app. */
  readonly toClient: Arrivals<WatchedStream>;
  readonly toApp: Arrivals<WatchedStream>;
  readonly connections: Http1Connection[];
  /** Ends that were told by `onClosed`. */
  readonly closed: Arrivals<Http1Connection>;
  decide: Decide<string>;
  client(): Promise<Wire>;
  /** No new connection reaches the app from now on. */
  stopApp(): void;
}

export async function createRig(options: RigOptions = {}): Promise<Rig> {
  const time = new TestTime();
  const app = new Arrivals<Wire>();
  const records = new Arrivals<ExchangeRecord<string>>();
  const closed = new Arrivals<Http1Connection>();
  const desyncs: string[] = [];
  const toClient = new Arrivals<WatchedStream>();
  const toApp = new Arrivals<WatchedStream>();
  const connections: Http1Connection[] = [];
  const clients: Wire[] = [];
  const appServer = await listen((socket) => app.add(new Wire(socket)));
  const appPort = portOf(appServer);
  const pool = createUpstreamPool({
    open: async () =>
      watch(await openTcp({ host: '127.0.0.1', port: appPort }, milliseconds(5_000), streamOfRun), toApp),
    closeDelimited: options.closeDelimited ?? true,
    limits: { connections: options.poolConnections ?? 10, idle: milliseconds(4_000) },
    clock: time,
    ticker: time,
    onDesync: (detail) => void desyncs.push(detail),
  });
  const rules = { scheme: 'https', ambiguousPaths: false, bodyOnSafeMethods: false } as const;
  const server = await listen((socket) => {
    const connection = serveHttp1<string>(watch(streamOfRun(socket), toClient), {
      rooms: {
        decide: (head) => rig.decide(head),
        ...(options.answerHere === undefined ? {} : { answerHere: options.answerHere }),
        onDone: (record) => records.add(record),
        recheck: options.recheck ?? (() => undefined),
        challenge: options.challenge ?? (() => []),
      },
      options: { rules, limits: { ...HTTP_LIMITS, ...options.limits }, times: TIME_LIMITS },
      clock: time,
      ticker: time,
      lifetime: options.lifetime,
      onClosed: () => closed.add(connection),
    });
    connections.push(connection);
  });
  const rig: Rig = {
    time,
    pool,
    records,
    app,
    desyncs,
    toClient,
    toApp,
    connections,
    closed,
    decide: (head) => ({
      ok: true,
      value: { upstream: pool, head: writeRequestHead(head) },
      note: `note ${head.path}`,
    }),
    async client() {
      const socket = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      await once(socket, 'connect');
      const wire = new Wire(socket);
      clients.push(wire);
      return wire;
    },
    stopApp: () => void appServer.close(),
    async [Symbol.asyncDispose]() {
      for (const { socket } of [...clients, ...app.all]) socket.destroy();
      pool.close();
      server.close();
      if (appServer.listening) appServer.close();
      await Promise.all(connections.map((_, place) => closed.at(place)));
    },
  };
  return rig;
}

function watch(inner: ByteStream, into: Arrivals<WatchedStream>): WatchedStream {
  const stream = new WatchedStream(inner);
  into.add(stream);
  return stream;
}

async function listen(accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export const get = (path: string, ...fields: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', ...fields, '', ''].join('\r\n');
export const post = (path: string, ...fields: readonly string[]): string =>
  [`POST ${path} HTTP/1.1`, 'Host: a', ...fields, '', ''].join('\r\n');
/** Runs the story and then releases everything. */
export const withRig =
  (story: (rig: Rig) => Promise<void>, options: RigOptions = {}) =>
  async (): Promise<void> => {
    await using rig = await createRig(options);
    await story(rig);
  };

/** A client and the connection of the app that its first request has opened. */
export async function served(rig: Rig, request = get('/')): Promise<{ client: Wire; app: Wire }> {
  const client = await rig.client();
  const place = rig.app.all.length;
  client.send(request);
  return { client, app: await rig.app.at(place) };
}

export const answer = (body: string, ...fields: readonly string[]): string =>
  ['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...fields, '', body].join('\r\n');
