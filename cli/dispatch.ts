/**
 * From a command line to an exit code: finds the verb, checks its arguments, prints help, and turns whatever is thrown
 * into one line. Knows no verb by name.
 */
import { parseArgs } from 'node:util';

import { Fault } from '../core/fault/fault.ts';
import { escapeText, looksLikeCredential } from '../runtime/escape.ts';
import { programHelp, verbHelp } from './help.ts';
import { EXIT, type Io } from './io.ts';
import { UsageMistake, type Invocation, type Verb } from './verb.ts';
import { NAME_AND_VERSION } from './version.ts';

/** Runs one command line. Never throws; exit codes are those of `EXIT`. */
export async function dispatch(args: readonly string[], verbs: readonly Verb[], io: Io): Promise<number> {
  if (args.length === 0 || args[0] === '--help' || args[0] === '-h' || args[0] === 'help') {
    io.out(programHelp(verbs));
    return args.length === 0 ? EXIT.usage : EXIT.ok;
  }
  if (args[0] === '--version') {
    io.out(`${NAME_AND_VERSION}\n`);
    return EXIT.ok;
  }
  const verb = find(args, verbs);
  const family = verbs.filter(({ name }) => name.startsWith(`${args[0]} `));
  if (verb === undefined && family.length > 0) {
    io.err(`cleat ${args[0]}: one of ${family.map(({ name }) => `\`cleat ${name}\``).join(', ')}\n`);
    return EXIT.usage;
  }
  if (verb === undefined) {
    io.err(`cleat: no verb \`${escapeText(args.slice(0, 2).join(' '))}\`; \`cleat --help\` lists them\n`);
    return EXIT.usage;
  }
  try {
    const given = args.slice(verb.name.split(' ').length);
    if (given.includes('--help') || given.includes('-h')) {
      io.out(verbHelp(verb));
      return EXIT.ok;
    }
    return await verb.run(parse(verb, given), io);
  } catch (thrown) {
    return report(verb, thrown, io);
  }
}

function find(args: readonly string[], verbs: readonly Verb[]): Verb | undefined {
  const named = verbs.filter((verb) => verb.name.split(' ').every((word, place) => args[place] === word));
  return named.toSorted((one, other) => other.name.length - one.name.length)[0];
}

function parse(verb: Verb, args: readonly string[]): Invocation {
  if (args.some(looksLikeCredential))
    throw new UsageMistake('a secret on the command line can be read by every user: give it in a file or on stdin');
  const options = Object.fromEntries(
    Object.entries(verb.options).map(([name, option]) => [
      name,
      { type: option.value === undefined ? 'boolean' : 'string', multiple: option.value !== undefined } as const,
    ]),
  );
  const { values, positionals } = parsed(args, options);
  if (verb.rest === undefined && positionals[0] !== undefined)
    throw new UsageMistake(`unexpected argument \`${escapeText(positionals[0])}\``);
  for (const [name, option] of Object.entries(verb.options))
    if (option.required === true && values[name] === undefined) throw new UsageMistake(`--${name} is missing`);
  const list = (name: string): readonly string[] => (Array.isArray(values[name]) ? values[name].map(String) : []);
  for (const [name, option] of Object.entries(verb.options))
    if (option.multiple !== true && list(name).length > 1) throw new UsageMistake(`--${name} is given more than once`);
  return { text: (name) => list(name).at(-1), list, has: (name) => values[name] === true, rest: positionals };
}

function parsed(
  args: readonly string[],
  options: Readonly<Record<string, { readonly type: 'boolean' | 'string'; readonly multiple: boolean }>>,
): { readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageMistake(cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause));
  }
}

function report(verb: Verb, thrown: unknown, io: Io): number {
  if (thrown instanceof UsageMistake) {
    io.err(`cleat ${verb.name}: ${escapeText(thrown.message)}; see \`cleat ${verb.name} --help\`\n`);
    return EXIT.usage;
  }
  const fault = Fault.from(thrown);
  io.err(`cleat ${verb.name}: ${fault.code}: ${fault.detail.split('\n').map(escapeText).join('\n')}\n`);
  if (fault.code === 'BUG_UNEXPECTED' && thrown instanceof Error) io.err(`${thrown.stack ?? ''}\n`);
  return fault.code.startsWith('CONFIG_') ? EXIT.usage : EXIT.failed;
}
