/** The page `docs/config.md`, from the tables of the processes. Pure; `npm run generate` writes it. */
import type { ConfigSchema } from './schema.ts';

export interface ConfigFile {
  /** `ca.yaml`. */
  readonly name: string;
  readonly doc: string;
  readonly schema: ConfigSchema;
}

/** The whole page. */
export function renderConfigPage(files: readonly ConfigFile[]): string {
  return `${INTRO}\n${files.map(renderFile).join('\n')}`;
}

const INTRO = `# Configuration

This page is generated from the tables in \`ca/config.ts\`, \`sidecar/config.ts\` and \`sidecar/policy/schema.ts\` by \`npm run generate\`.

One YAML file a process, and one for the policy. A key that is not listed here, a key that stands twice, an anchor, an alias or a tag is an
error. All mistakes are told at once, each with file, line, column, key, what was found and what is allowed; the process
then ends with code 2. \`cleat config check\` does the same without starting anything, \`cleat config print\` shows what
takes effect, defaults included and secrets as \`<set>\`.

- **Times** have a unit: \`500ms\`, \`15s\`, \`10m\`, \`1h\`, \`30d\`. **Sizes** too: \`512B\`, \`64KiB\`, \`1MiB\`.
- **Paths** are absolute. **Addresses** with IPv6 are written in quotes: \`"[::1]:8443"\`.
- **Secrets** are never in the file, only where they lie: \`file:/absolute/path\` or \`env:NAME\`. Text that has the form
  of a token, an API key or a private key is an error wherever it stands.
- **Environment**: \`CLEAT_\` and the path of a key, joined by two underscores, overrides the file; capitals do not
  matter (\`CLEAT_CERTIFICATES__TTL=15m\`, \`CLEAT_TRUSTDOMAIN=mesh.internal\`). Text is taken as it is, everything else
  as YAML (\`CLEAT_CERTIFICATES__KEYTYPES='[p256, rsa]'\`); a list is replaced as a whole. A variable that begins with
  \`CLEAT_\` and names no key is an error, except those that Kubernetes sets for Services (\`CLEAT_..._SERVICE_HOST\`,
  \`CLEAT_..._PORT\`) and the test runners' \`CLEAT_VECTORS\` and \`CLEAT_REQUIRE_ALL\`.
- **Optional** means: absent, the thing is not there. A key marked *live* is adopted without a restart.
`;

function renderFile({ name, doc, schema }: ConfigFile): string {
  const rows = rowsOf(schema, '').map((row) => `| ${row.map(escapeCell).join(' | ')} |`);
  return [
    `## \`${name}\``,
    '',
    doc,
    '',
    '| key | default | value | what |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

type Row = readonly [key: string, fallback: string, value: string, doc: string];

function rowsOf(schema: ConfigSchema, prefix: string): readonly Row[] {
  const keys = Object.entries(schema.properties ?? {});
  return keys.flatMap(([key, part]) => {
    const name = `${prefix}${key}`;
    const isRequired = schema.required?.includes(key) === true;
    return [rowOf(name, part, isRequired), ...rowsOf(part, `${name}.`), ...rowsOf(part.items ?? {}, `${name}[].`)];
  });
}

function rowOf(name: string, schema: ConfigSchema, isRequired: boolean): Row {
  const isSection = schema.properties !== undefined;
  const fallback = isRequired ? '*required*' : fallbackOf(schema);
  const entries = schema.items?.['x-allowed'];
  const value = isSection
    ? 'section'
    : `${schema['x-allowed'] ?? ''}${entries === undefined ? '' : `, each ${entries}`}`;
  const marks = `${schema['x-reloadable'] === true ? ' *live*' : ''}${schema.writeOnly === true ? ' *secret*' : ''}`;
  return [`\`${name}\``, fallback, value, `${schema.description ?? ''}${marks}`];
}

function fallbackOf({ default: fallback, properties }: ConfigSchema): string {
  if (fallback === undefined) return '*optional*';
  if (properties !== undefined) return '';
  return `\`${Array.isArray(fallback) ? `[${fallback.join(', ')}]` : JSON.stringify(fallback).replaceAll('"', '')}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
