/** What the demo prints, as text. Pure: colour is the caller's to allow. */
import type { Layout } from './layout.ts';
import type { Memory } from './measure.ts';
import type { Played, StepResult } from './step.ts';

export interface Measured {
  readonly pod: string;
  readonly memory: Memory | undefined;
  readonly firstServedMs: number;
}

const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const BOLD = '\u001b[1m';
const PLAIN = '\u001b[0m';

/** One step, one line: what was tried, what was expected, what happened, why. */
export function stepLine({ id, tried, expected, observed, ok, reason }: Played, isColoured: boolean): string {
  const mark = ok ? paint('ok  ', GREEN, isColoured) : paint('FAIL', RED, isColoured);
  const why = reason === '' ? '' : ` - ${reason}`;
  return `${mark} ${paint(id, BOLD, isColoured)}: ${tried}; expected ${expected}, got ${observed}${why}\n`;
}

/** The one object of `--json`. */
export function storyJson(steps: readonly StepResult[]): string {
  const ok = steps.length > 0 && steps.every((step) => step.ok);
  const bare = steps.map(({ id, expected, observed, ok, detail }) => ({ id, expected, observed, ok, detail }));
  return `${JSON.stringify({ ok, steps: bare })}\n`;
}

/** How long a sidecar needed and what it takes. */
export function measuredLine({ pod, memory, firstServedMs }: Measured): string {
  const size =
    memory === undefined
      ? 'memory unknown here'
      : `${mebibytes(memory.residentKib)} MiB resident, ${mebibytes(memory.anonymousKib)} MiB of it anonymous, at rest`;
  return `sidecar of ${pod}: ${size}; first request served ${Math.round(firstServedMs)} ms after its start\n`;
}

/** Addresses, and three commands that work as printed for as long as the demo runs. */
export function tryText({ ports, credentials, sidecarControl, logs }: Layout): string {
  const url = `https://localhost:${ports.payments}/payments`;
  const curl = (client: string, more: string): string =>
    `curl -sS --cacert ${client}/bundle.pem --cert ${client}/chain.pem --key ${client}/key.pem${more} ${url}`;
  const agent = credentials('agent-client');
  const reports = credentials('reports');
  return [
    '',
    `payments, by mutual TLS     ${url}`,
    `payments, from agent's pod  curl -sS -X POST -H 'Host: payments' http://127.0.0.1:${ports.egress}/payments`,
    `admin pages                 http://127.0.0.1:${ports.paymentsAdmin}/metrics http://127.0.0.1:${ports.agentAdmin}/metrics http://127.0.0.1:${ports.caAdmin}/metrics`,
    `records and logs            ${logs}`,
    '',
    'Try it. Admitted: a token bound to the certificate that is shown with it.',
    '',
    `  ${curl(agent, ` -H @${agent}/authorization`)}`,
    '',
    'Refused: the same token over the certificate of another workload.',
    '',
    `  ${curl(reports, ` -H @${agent}/authorization`)}`,
    '',
    'Refused: no token at all.',
    '',
    `  ${curl(agent, '')}`,
    '',
    'Ask why (in another terminal, in this folder):',
    '',
    `  npm run -s cleat -- why --last 1 --control ${sidecarControl('payments')}`,
    '',
    'Ctrl-C ends it all.',
    '',
  ].join('\n');
}

function paint(text: string, colour: string, isColoured: boolean): string {
  return isColoured ? `${colour}${text}${PLAIN}` : text;
}

function mebibytes(kib: number): string {
  return (kib / 1024).toFixed(1);
}
