/** The page `docs/faults.md`, from the fault table. Pure; `npm run generate` writes it. */
import { CATALOG, type Row } from '../core/fault/catalog.ts';

const INTRO = `# Codes

This page is generated from \`core/fault/catalog.ts\` by \`npm run generate\`.

Each refusal and each fault has one code. It stands in the request's record, in \`cleat why\`, in the log and in the
error line of a command. The outside hears only status and text; the reason with its details is inside.
\`retry\`: whether the same attempt can succeed later, and with what.
`;

const FAMILIES: Readonly<Record<string, string>> = {
  PEER: 'who is on the TLS session',
  TOKEN: 'the token of a request',
  BINDING: 'the token and the peer do not belong together',
  POLICY: 'the caller may not do this',
  REQUEST: 'the HTTP message of a caller',
  UPSTREAM: 'the app, or the service behind egress',
  LIMIT: 'load',
  CSR: 'a certificate request',
  ATTEST: 'the evidence of a workload',
  GRANT: 'what a workload asks of the CA',
  ISSUE: 'the issuance cycle of the CA',
  JOURNAL: 'the record of what was issued',
  SIGNER: "the CA's own key and root",
  RENEW: "a sidecar's own credentials",
  CONFIG: 'what the operator wrote or set',
  LIFE: 'start and end of a process',
  BUG: 'a defect of Cleat',
};

/** The whole page. */
export function renderFaultsPage(): string {
  const rows: readonly (readonly [string, Row])[] = Object.entries(CATALOG);
  const families = [...new Set(rows.map(([code]) => familyOf(code)))];
  const sections = families.map((family) =>
    [
      `## ${family}: ${FAMILIES[family] ?? ''}`,
      '',
      '| code | HTTP | gRPC | retry | level | text outside | meaning |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rows.filter(([code]) => familyOf(code) === family).map(([code, row]) => renderRow(code, row)),
      '',
    ].join('\n'),
  );
  return `${INTRO}\n${sections.join('\n')}`;
}

function familyOf(code: string): string {
  return code.split('_', 1)[0] ?? '';
}

function renderRow(code: string, { http, grpc, retry, level, text, meaning }: Row): string {
  const cells = [`\`${code}\``, String(http), grpc, retry, level, text, meaning];
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}
