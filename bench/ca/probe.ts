/**
 * A stranger's view of the CA's event loop: asks its admin port every few milliseconds, and keeps the longest wait. The
 * admin server runs on the same loop as the issue, so that no answer can come while the loop is held. Its figure includes
 * its own scheduling, so it is an upper bound. Entry: never imported. Messages: a port starts it, `stop` gives the longest.
 */
import { Agent, get } from 'node:http';

const EVERY_MS = 4;

function serve(tell: (longest: number) => void): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let port: number | undefined;
  let longest = 0;

  function ask(): void {
    if (port === undefined) return;
    const begin = performance.now();
    get({ host: '127.0.0.1', port, path: '/livez', agent }, (response) => {
      response.resume();
      response.once('end', () => {
        longest = Math.max(longest, performance.now() - begin);
        setTimeout(ask, EVERY_MS);
      });
    });
  }

  process.on('message', (message: number | 'stop') => {
    if (message === 'stop') {
      port = undefined;
      tell(longest);
      return;
    }
    port = message;
    longest = 0;
    ask();
    tell(0);
  });
}

if (process.send !== undefined) serve((longest) => process.send?.(longest));
