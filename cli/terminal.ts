/** Runs verbs in this process: its terminal, its environment, its clock, its exit code. */
import { Fault } from '../core/fault/fault.ts';
import { systemClock } from '../runtime/clock.ts';
import { checkEnvironment } from '../runtime/environment.ts';
import { dispatch } from './dispatch.ts';
import { EXIT, type Io } from './io.ts';
import type { Verb } from './verb.ts';

const INPUT_MOST = 1024 * 1024;

/** Obeys one command line and leaves the exit code to the process. */
export async function runInProcess(args: readonly string[], verbs: readonly Verb[]): Promise<void> {
  const io: Io = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readInput,
    environment: process.env,
    isTerminal: process.stdout.isTTY,
    clock: systemClock(),
  };
  // Whoever reads has seen enough (`| head`). A stream without a listener would end with a stack trace.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (cause) => {
      if ('code' in cause && cause.code === 'EPIPE') process.exit(EXIT.failed);
      throw cause;
    });
  // The bundles run on whatever Node is first on the PATH; with an old one they would break in the middle.
  const sound = checkEnvironment({ env: {}, nodeVersion: process.version, execArgv: [] });
  if (!sound.ok) io.err(`cleat: ${sound.refusal.code}: ${sound.refusal.detail}\n`);
  process.exitCode = sound.ok ? await dispatch(args, verbs, io) : EXIT.usage;
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > INPUT_MOST) throw new Fault('CONFIG_FILE', `more than ${INPUT_MOST} bytes on standard input`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
