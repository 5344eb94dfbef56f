/**
 * Whether the process was started in a way that keeps its promises. Pure: looks at what it is given, changes nothing.
 * Several variables and flags of Node change how TLS is done, write its keys to a file, or open a debugger that can
 * read them; none has a place beside a private key.
 */
import { admit, type Outcome, refuse } from '../core/fault/refusal.ts';

export interface ProcessFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `process.version`. */
  readonly nodeVersion: string;
  readonly execArgv: readonly string[];
}

/** Refuses: CONFIG_ENVIRONMENT, the detail names all that is wrong (but no value). */
export function checkEnvironment({ env, nodeVersion, execArgv }: ProcessFacts): Outcome<void> {
  const mistakes = [
    ...versionMistakes(nodeVersion),
    ...VARIABLES.filter((name) => isRisky(name, env[name])).map((name) => `${name} must not be set`),
    ...riskyOptions(env['NODE_OPTIONS'] ?? '').map((flag) => `NODE_OPTIONS must not have ${flag}`),
    ...riskyFlags(execArgv, FLAGS).map((flag) => `Node must not be started with ${flag}`),
  ];
  return mistakes.length === 0 ? admit(undefined) : refuse('CONFIG_ENVIRONMENT', mistakes.join('; '));
}

/** The versions of Node that the processes run on, `LEAKING` among them excepted; as in package.json. */
export const NODE_FLOOR = '^24.18.1 || >=26.5.1';

/** Keeps the certificate of each TLS client for good, about 5 KiB a handshake, trusted or not (ADR 19). */
const LEAKING: readonly string[] = ['24.21.0'];

const VARIABLES: readonly string[] = [
  'SSLKEYLOGFILE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_USE_SYSTEM_CA',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'OPENSSL_ENGINES',
  // Prints headers, and with them tokens, to standard error.
  'NODE_DEBUG',
  'NODE_DEBUG_NATIVE',
];

/** Beginnings of flags; Node takes `_` for `-`. */
const FLAGS: readonly string[] = [
  '--inspect',
  '--debug-port',
  '--tls-',
  '--trace-tls',
  '--openssl-',
  '--use-openssl-ca',
  '--use-system-ca',
  '--insecure-http-parser',
  '--security-revert',
  '--heapsnapshot-',
  '--heap-prof',
  '--report-',
];

/** Code of others: on the command line the operator's own word, in a variable anybody's. */
const CODE_FLAGS: readonly string[] = ['--require', '-r', '--import', '--loader', '--experimental-loader'];

function isRisky(name: string, value: string | undefined): boolean {
  if (value === undefined || value === '') return false;
  // 1 is what Node does anyway.
  return name !== 'NODE_TLS_REJECT_UNAUTHORIZED' || value !== '1';
}

function riskyOptions(options: string): readonly string[] {
  return riskyFlags(options.split(/\s+/), [...FLAGS, ...CODE_FLAGS]);
}

function riskyFlags(words: readonly string[], starts: readonly string[]): readonly string[] {
  return words
    .map((word) => word.replaceAll('"', '').split('=', 1)[0] ?? '')
    .filter((flag) => starts.some((start) => flag.toLowerCase().replaceAll('_', '-').startsWith(start)));
}

function versionMistakes(version: string): readonly string[] {
  if (LEAKING.includes(version.replace(/^v/, '')))
    return [`Node ${version} leaks memory at each handshake, run 24.20 or a version after it`];
  return isSupported(version) ? [] : [`Node ${version} is below the floor, ${NODE_FLOOR} is needed`];
}

function isSupported(version: string): boolean {
  const match = /^v?([0-9]+)\.([0-9]+)\.([0-9]+)$/.exec(version);
  if (match === null) return false;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  const least = (minors: number, patches: number): boolean => minor > minors || (minor === minors && patch >= patches);
  if (major === 24) return least(18, 1);
  return major === 26 ? least(5, 1) : major > 26;
}
