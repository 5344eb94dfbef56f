/**
 * The control verbs: HTTP and JSON over a UNIX socket in a folder that only we may enter. Who can open the socket is
 * the operator, so refusals go out with their detail. Nothing of it is ever on a network.
 */
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';

import { rowOf } from '../core/fault/catalog.ts';
import { Fault } from '../core/fault/fault.ts';
import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';
import type { Service } from './lifecycle.ts';
import { faultFields, type Log } from './log.ts';

/** Takes the body of the request, gives what the caller is told: both are JSON values. */
export type ControlVerb = (body: unknown) => Outcome<unknown> | Promise<Outcome<unknown>>;

/** Serves `POST /<verb>`. `start` throws CONFIG_PERMISSION where the folder is open to others or not ours, and
 *  LIFE_SOCKET where a living process has the socket or it cannot be made. */
export function createControlServer(deps: {
  readonly path: string;
  readonly routes: Readonly<Record<string, ControlVerb>>;
  readonly log: Log;
}): Service {
  const { path, routes, log } = deps;
  const server = createServer(BOUNDS, (request, response) => {
    answer(request, routes)
      .catch((thrown: unknown) => {
        log.error('control verb failed', { verb: request.url, ...faultFields(thrown) });
        const fault = Fault.from(thrown);
        return refuse(fault.code, fault.code === 'BUG_UNEXPECTED' ? 'see the log' : fault.detail);
      })
      .then((outcome) => send(response, outcome))
      .catch((thrown: unknown) => {
        log.error('control answer failed', faultFields(thrown));
        response.destroy();
      });
  });
  server.maxConnections = CONNECTIONS_MOST;
  server.on('clientError', (_error, socket) => socket.destroy());
  return {
    name: 'control',
    async start() {
      await prepareFolder(dirname(path));
      await removeStale(path);
      await listen(server, path);
      await chmod(path, 0o600);
      log.info('control listens', { path });
    },
    // Open until the very end: it is how an operator asks why a drain takes long.
    drain: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const REQUEST_MOST = 64 * 1024;
const CONNECTIONS_MOST = 16;
const BOUNDS = { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 1000, maxHeaderSize: 4096 } as const;

async function answer(
  request: IncomingMessage,
  routes: Readonly<Record<string, ControlVerb>>,
): Promise<Outcome<unknown>> {
  const verb = request.url?.slice(1) ?? '';
  const route = Object.hasOwn(routes, verb) ? routes[verb] : undefined;
  if (request.method !== 'POST' || route === undefined) {
    return refuse('REQUEST_TARGET', `no verb ${JSON.stringify(verb)}; there are ${Object.keys(routes).join(', ')}`);
  }
  const body = await readBody(request, REQUEST_MOST);
  if (body === undefined) return refuse('REQUEST_BODY', `the body is larger than ${REQUEST_MOST} bytes`);
  const parsed = parseJson(body);
  return parsed.ok ? route(parsed.value) : parsed;
}

function parseJson(body: Buffer): Outcome<unknown> {
  try {
    return admit(JSON.parse(body.length === 0 ? 'null' : new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch {
    return refuse('REQUEST_BODY', 'the body is not JSON in UTF-8');
  }
}

function send(response: ServerResponse, outcome: Outcome<unknown>): void {
  const body = JSON.stringify(outcome.ok ? { ok: true, value: outcome.value ?? null } : outcome);
  const status = outcome.ok ? 200 : rowOf(outcome.refusal.code).http;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  });
  response.end(body);
}

/** The whole body, or undefined where it is larger than `most`. */
export async function readBody(message: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Fault('LIFE_SOCKET', `cannot make the folder ${folder} of the control socket: ${messageOf(cause)}`, {
      cause,
    });
  }
  const found = await lstat(folder);
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  if (!found.isDirectory())
    throw new Fault('CONFIG_PERMISSION', `${folder} is not a folder; the control socket needs one`);
  if (found.uid !== process.getuid?.())
    throw new Fault('CONFIG_PERMISSION', `the folder ${folder} belongs to user ${found.uid}, not to us`);
  if ((found.mode & 0o077) !== 0)
    throw new Fault('CONFIG_PERMISSION', `the folder ${folder} has mode ${mode}; 0700 is needed: chmod 700 ${folder}`);
}

/** A socket that nobody answers is left over from a process that was killed. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new Fault('LIFE_SOCKET', `${path} is there and is not a socket`);
  if (await isAnswered(path)) throw new Fault('LIFE_SOCKET', `another process serves ${path}`);
  await unlink(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean) => () => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void => {
      reject(new Fault('LIFE_SOCKET', `cannot make the control socket ${path}: ${cause.message}`, { cause }));
    };
    server.once('error', onError);
    server.listen(path, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
