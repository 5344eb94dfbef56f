import { expect } from 'chai';

import { Fault } from '../../../../core/fault/fault.ts';
import { createUpstreamAddresses } from '../../../../sidecar/egress/addresses.ts';
import { createBreaker } from '../../../../sidecar/forward/breaker.ts';
import { CIRCUIT } from '../../../kit/circuit.ts';
import { TestTime } from '../forward/rig.ts';

function setUp(hosts: readonly string[]) {
  const clock = new TestTime();
  const dead = new Map<string, Fault>();
  const tried: string[] = [];
  const addresses = createUpstreamAddresses({
    addresses: hosts.map((host) => ({ host, port: 443 })),
    breakerOf: () => createBreaker({ terms: CIRCUIT, clock, jitter: () => 1, onChange: () => undefined }),
    openAt({ host }) {
      tried.push(host);
      const fault = dead.get(host);
      return fault === undefined ? Promise.resolve(host) : Promise.reject(fault);
    },
  });
  return { clock, dead, tried, addresses };
}

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'opened',
    (thrown: unknown) => Fault.from(thrown).code,
  );

describe('createUpstreamAddresses()', () => {
  it('begins each time with another one', async () => {
    const { addresses } = setUp(['a', 'b', 'c']);
    const opened = [await addresses.open(), await addresses.open(), await addresses.open(), await addresses.open()];
    expect(opened).to.deep.equal(['a', 'b', 'c', 'a']);
  });

  it('A-512 goes on to the next where one fails, for whatever reason, and says the last one', async () => {
    const { addresses, dead, tried } = setUp(['a', 'b']);
    dead.set('a', new Fault('UPSTREAM_UNREACHABLE', 'refused'));
    expect(await addresses.open()).to.equal('b');
    dead.set('b', new Fault('PEER_UNEXPECTED', 'another identity'));
    expect(await codeOf(addresses.open())).to.equal('UPSTREAM_UNREACHABLE');
    expect(tried).to.deep.equal(['a', 'b', 'b', 'a']);
  });

  it('A-512 lets one that failed often rest, and comes back to it', async () => {
    const { addresses, clock, dead, tried } = setUp(['a', 'b']);
    dead.set('a', new Fault('UPSTREAM_TIMEOUT', 'silent'));
    for (let left = 10; left > 0; left -= 1) await addresses.open();
    const before = tried.length;
    expect([await addresses.open(), await addresses.open()]).to.deep.equal(['b', 'b']);
    expect(tried.slice(before)).to.deep.equal(['b', 'b']);
    dead.clear();
    clock.pass(500);
    expect([await addresses.open(), await addresses.open()].toSorted()).to.deep.equal(['a', 'b']);
  });

  it('answers UPSTREAM_DOWN at once where all rest, without a knock', async () => {
    const { addresses, dead, tried } = setUp(['a']);
    dead.set('a', new Fault('UPSTREAM_UNREACHABLE', 'refused'));
    for (let left = 5; left > 0; left -= 1) await codeOf(addresses.open());
    const before = tried.length;
    expect(await codeOf(addresses.open())).to.equal('UPSTREAM_DOWN');
    expect(tried).to.have.lengthOf(before);
  });
});
