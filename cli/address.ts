/** Addresses on the command line. Pure. */
import { type Invocation, UsageMistake } from './verb.ts';

const FORM = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;

/** The values of an option that takes HOST:PORT, as given. Throws `UsageMistake` for any other form. */
export function addressesOf(invocation: Pick<Invocation, 'list'>, name: string): readonly string[] {
  const addresses = invocation.list(name);
  for (const address of addresses) {
    const port = Number(FORM.exec(address)?.[1] ?? 0);
    if (port < 1 || port > 65_535) throw new UsageMistake(`--${name} takes HOST:PORT, such as localhost:8443`);
  }
  return addresses;
}
