/** Durations and addresses on the command line. Pure. */
import { parseDuration } from '../core/time/duration.ts';
import { toSeconds, type Seconds } from '../core/time/units.ts';
import { UsageMistake, type Invocation } from './verb.ts';

const ADDRESS = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;

/** The option as whole seconds; undefined where it was not given. Throws `UsageMistake` for anything but a duration. */
export function secondsOf(invocation: Pick<Invocation, 'text'>, name: string): Seconds | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const span = parseDuration(text);
  if (span === undefined || span < 1000) throw new UsageMistake(`--${name} takes a duration such as 30s, 15m or 1h`);
  return toSeconds(span);
}

/** The values of an option that takes HOST:PORT, as given. Throws `UsageMistake` for any other form. */
export function addressesOf(invocation: Pick<Invocation, 'list'>, name: string): readonly string[] {
  const addresses = invocation.list(name);
  for (const address of addresses) {
    const port = Number(ADDRESS.exec(address)?.[1] ?? 0);
    if (port < 1 || port > 65_535) throw new UsageMistake(`--${name} takes HOST:PORT, such as localhost:8443`);
  }
  return addresses;
}
