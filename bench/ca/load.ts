/**
 * The load generator: a process of its own, told over IPC what to do, one thing at a time. Entry: never imported.
 * Its parent measures; it only offers load and reports what the callers saw.
 */
import { createFleet, type Fleet, type FleetTarget } from './fleet.ts';
import { runClosed } from '../pool.ts';
import { openSmallstep, type Smallstep, type SmallstepTarget } from './smallstep-client.ts';

export type Order =
  | { readonly kind: 'fleet'; readonly name: string; readonly target: FleetTarget }
  | { readonly kind: 'enrol'; readonly name: string; readonly tokens: readonly string[]; readonly callers: number }
  | { readonly kind: 'connect'; readonly name: string; readonly watching: boolean }
  | { readonly kind: 'disconnect'; readonly name: string }
  | { readonly kind: 'prepare'; readonly name: string; readonly count: number }
  | { readonly kind: 'renew'; readonly name: string; readonly count: number; readonly callers: number }
  | { readonly kind: 'storm'; readonly name: string; readonly count: number; readonly overMs: number }
  | { readonly kind: 'next-bundle'; readonly name: string }
  | { readonly kind: 'smallstep'; readonly target: SmallstepTarget }
  | { readonly kind: 'smallstep-prepare'; readonly count: number }
  | { readonly kind: 'smallstep-sign' | 'smallstep-renew'; readonly count: number; readonly callers: number };

function serve(tell: (answer: unknown) => void): void {
  const fleets = new Map<string, Fleet>();
  let smallstep: Smallstep | undefined;
  const fleetOf = (name: string): Fleet => {
    const fleet = fleets.get(name);
    if (fleet === undefined) throw new Error(`no fleet ${name}`);
    return fleet;
  };
  const peer = (): Smallstep => {
    if (smallstep === undefined) throw new Error('no step-ca');
    return smallstep;
  };

  async function obey(order: Order): Promise<unknown> {
    switch (order.kind) {
      case 'fleet':
        fleets.set(order.name, createFleet(order.target));
        return undefined;
      case 'enrol':
        return fleetOf(order.name).enrol(order.tokens, order.callers);
      case 'connect':
        return fleetOf(order.name).connect(order.watching);
      case 'disconnect':
        fleetOf(order.name).disconnect();
        return undefined;
      case 'prepare':
        fleetOf(order.name).prepare(order.count);
        return undefined;
      case 'renew':
        return fleetOf(order.name).renew(order.count, { callers: order.callers });
      case 'storm':
        return fleetOf(order.name).renew(order.count, { overMs: order.overMs });
      case 'next-bundle':
        return fleetOf(order.name).nextBundle();
      case 'smallstep':
        smallstep = openSmallstep(order.target);
        return undefined;
      case 'smallstep-prepare':
        peer().prepare(order.count);
        return undefined;
      case 'smallstep-sign':
        return runClosed(peer().takePrepared(order.count), order.callers, (work) => peer().sign(work));
      case 'smallstep-renew':
        return runClosed(Array.from({ length: order.count }), order.callers, () => peer().renew());
      default:
        throw new Error('unknown order');
    }
  }

  process.on('message', (order: Order) => {
    obey(order).then(
      (answer) => tell({ ok: true, answer }),
      (cause: unknown) => tell({ ok: false, reason: String(cause) }),
    );
  });
}

if (process.send !== undefined) serve((answer) => process.send?.(answer));
