/** A duration on the command line. */
import { parseDuration } from '../core/time/duration.ts';
import { toSeconds, type Seconds } from '../core/time/units.ts';
import { UsageMistake, type Invocation } from './verb.ts';

/** The option as whole seconds; undefined where it was not given. Throws `UsageMistake` for anything but a duration. */
export function secondsOf(invocation: Pick<Invocation, 'text'>, name: string): Seconds | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const span = parseDuration(text);
  if (span === undefined || span < 1000) throw new UsageMistake(`--${name} takes a duration such as 30s, 15m or 1h`);
  return toSeconds(span);
}
