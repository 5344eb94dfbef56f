/**
 * The addresses of one upstream, in the order in which they are tried for a new connection: each time from another one on,
 * those that failed lately last. Nothing has been sent when the next is tried. Names are looked up at each attempt.
 */
import { Fault } from '../../core/fault/fault.ts';
import { type Address, formatAddress } from '../../runtime/config/address.ts';
import type { Breaker } from '../forward/breaker.ts';

export interface UpstreamAddresses<T> {
  /** Opens at the first address that works. Throws the `Fault` of the last one, and UPSTREAM_DOWN where all rest. */
  open(): Promise<T>;
}

export interface AddressesDeps<T> {
  readonly addresses: readonly Address[];
  breakerOf(address: Address): Breaker;
  openAt(address: Address): Promise<T>;
}

/** None has failed yet. */
export function createUpstreamAddresses<T>(deps: AddressesDeps<T>): UpstreamAddresses<T> {
  const places = deps.addresses.map((address) => ({ address, breaker: deps.breakerOf(address) }));
  let next = 0;

  async function attempt({ address, breaker }: (typeof places)[number]): Promise<T> {
    try {
      const opened = await deps.openAt(address);
      breaker.succeeded();
      return opened;
    } catch (thrown) {
      breaker.failed();
      throw thrown;
    }
  }

  return {
    async open() {
      const order = [...places.slice(next), ...places.slice(0, next)];
      next = (next + 1) % places.length;
      let last = new Fault(
        'UPSTREAM_DOWN',
        `every address rests: ${order.map(({ address }) => formatAddress(address)).join(', ')}`,
      );
      for (const place of order) {
        if (place.breaker.wait() > 0) continue;
        try {
          return await attempt(place);
        } catch (thrown) {
          last = Fault.from(thrown);
        }
      }
      throw last;
    },
  };
}
