/** Runs verbs in this process: its terminal, its environment, its clock, its exit code. */
import { Fault } from '../core/fault/fault.ts';
import { systemClock } from '../runtime/clock.ts';
import { dispatch } from './dispatch.ts';
import type { Io } from './io.ts';
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
  process.exitCode = await dispatch(args, verbs, io);
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
