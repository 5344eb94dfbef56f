/** A Node process of ours that answers one message with one: the load generator, the floor, the probe. */
import { fork } from 'node:child_process';

export interface Helper<Order> {
  readonly pid: number;
  /** Sends and waits for the answer; one at a time. Rejects when the process ends. */
  ask(order: Order): Promise<unknown>;
  end(): Promise<void>;
}

/** Starts the file, pinned to a core. Its environment is empty. */
export function startHelper<Order>(file: URL, core: number): Helper<Order> {
  const child = fork(file, [], {
    execPath: '/usr/bin/env',
    execArgv: ['taskset', '-c', String(core), process.execPath, '--max-old-space-size=2048'],
    env: { PATH: process.env['PATH'] ?? '' },
    serialization: 'advanced',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? 0,
    ask(order) {
      return new Promise((resolve, reject) => {
        const gone = (): void => reject(new Error(`${file.pathname} ended`));
        child.once('exit', gone);
        child.once('message', (answer) => {
          child.off('exit', gone);
          resolve(answer);
        });
        child.send(order as object);
      });
    },
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
