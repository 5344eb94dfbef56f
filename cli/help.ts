/** The help pages: plain text from the table of verbs. Pure. */
import type { Option, Verb } from './verb.ts';

const CODES =
  'Exit codes: 0 done; 1 failed, or the answer is no; 2 the command line or a configuration file is wrong.\n';

/** What `cleat --help` prints: every verb that exists, and nothing else. */
export function programHelp(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map((verb) => verb.name.length));
  const lines = verbs.map((verb) => `  ${verb.name.padEnd(width)}  ${verb.summary}`);
  return [
    'Cleat: a sidecar and a tiny CA that admit a request only when its token is bound to the certificate of the connection.',
    '',
    'Usage: cleat VERB [OPTIONS]',
    '       cleat --version',
    '',
    ...lines,
    '',
    '`cleat VERB --help` says more. To begin:',
    '',
    '  cleat up',
    '',
    CODES,
  ].join('\n');
}

/** What `cleat VERB --help` prints. */
export function verbHelp(verb: Verb): string {
  const options = Object.entries(verb.options);
  const width = Math.max(0, ...options.map(([name, option]) => form(name, option).length));
  const usage = options.map(([name, option]) => (option.required ? form(name, option) : `[${form(name, option)}]`));
  return [
    `cleat ${verb.name}: ${verb.summary}`,
    '',
    `Usage: ${['cleat', verb.name, ...(verb.rest === undefined ? [] : [verb.rest]), ...usage].join(' ')}`,
    '',
    ...options.map(([name, option]) => `  ${form(name, option).padEnd(width)}  ${docOf(option)}`),
    ...(options.length > 0 ? [''] : []),
    ...(verb.about === undefined ? [] : [verb.about, '']),
    'Example:',
    '',
    `  ${verb.example}`,
    '',
    CODES,
  ].join('\n');
}

function form(name: string, option: Option): string {
  return option.value === undefined ? `--${name}` : `--${name} ${option.value}`;
}

function docOf(option: Option): string {
  return option.multiple === true ? `${option.doc} May be given more than once.` : option.doc;
}
