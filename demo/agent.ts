/**
 * The app of pod `agent`: a client that calls `payments` by plain HTTP through the egress of its sidecar, and never repeats
 * a call. The story tells it over its own loopback port when to begin and when to stop.
 *
 * Usage: demo-agent PORT EGRESS-PORT
 *   POST /call          one call; answers its status
 *   POST /load/begin    calls from several connections at once until told to stop
 *   GET  /load          what came of them so far
 *   POST /load/stop     stops, waits for the calls under way, answers as `GET /load`
 */
import { Agent, createServer, request as httpRequest } from 'node:http';

const WORKERS = 8;
const CALL_DEADLINE_MS = 5_000;
const PROBLEMS_KEPT = 10;

interface Answer {
  readonly status: number;
  readonly text: string;
}

type Call = () => Promise<Answer>;

serve(Number(process.argv[2]), Number(process.argv[3]));

function serve(port: number, egress: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS });
  const call: Call = () => callPayments(agent, egress);
  const load = createLoad(call);
  const verbs: Readonly<Record<string, () => unknown>> = {
    'POST /call': call,
    'POST /load/begin': () => load.begin(),
    'GET /load': () => load.state(),
    'POST /load/stop': () => load.stop(),
  };
  const server = createServer((request, response) => {
    request.resume();
    const verb = verbs[`${request.method} ${request.url}`];
    if (verb === undefined) response.writeHead(404).end();
    else void Promise.resolve(verb()).then((result) => response.writeHead(200).end(JSON.stringify(result)));
  });
  server.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ msg: 'app ready' })));
  process.once('SIGTERM', () => {
    void load.stop();
    server.close();
    server.closeAllConnections();
    agent.destroy();
  });
}

function createLoad(call: Call) {
  const counts = { sent: 0, answered: 0, failed: 0 };
  const problems: string[] = [];
  let stop = new AbortController();
  stop.abort();
  let workers: Promise<unknown> = Promise.resolve();

  async function work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      counts.sent += 1;
      const { status, text } = await call();
      if (status === 200) counts.answered += 1;
      else {
        counts.failed += 1;
        if (problems.length < PROBLEMS_KEPT) problems.push(`${status} ${text}`);
      }
    }
  }

  const state = () => ({ ...counts, problems });
  return {
    state,
    begin() {
      if (stop.signal.aborted) {
        const { signal } = (stop = new AbortController());
        workers = Promise.all(Array.from({ length: WORKERS }, () => work(signal)));
      }
      return state();
    },
    async stop() {
      stop.abort();
      await workers;
      return state();
    },
  };
}

/** One call, one attempt: a failure is a failure though a second try might have worked. Status 0: no answer came. */
function callPayments(agent: Agent, port: number): Promise<Answer> {
  return new Promise((resolve) => {
    const body = '{"amount":1}';
    const request = httpRequest({
      agent,
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/payments',
      headers: { host: 'payments', 'content-type': 'application/json', 'content-length': body.length },
      signal: AbortSignal.timeout(CALL_DEADLINE_MS),
    });
    const fail = (cause: Error): void => resolve({ status: 0, text: cause.message });
    request.on('error', fail);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text = `${text}${part}`.slice(0, 1000);
      });
      response.on('error', fail);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.end(body);
  });
}
