/** The options by which a client without a sidecar says how it proves itself. */
import { evidenceFiles, type EvidenceFiles } from '../sidecar/credentials/evidence.ts';
import { needed, UsageMistake, type Invocation, type Verb } from './verb.ts';

export const EVIDENCE_OPTIONS = {
  evidence: { value: 'FILE', doc: 'File with a join token.' },
  oidc: { value: 'FILE', doc: 'Instead: file with a workload token (JWT) of an issuer that the CA knows.' },
  certificate: { value: 'FILE', doc: 'Instead: PEM certificate of another CA that the CA knows, with --key.' },
  key: {
    value: 'FILE',
    doc: 'Private key of that certificate, PEM; others may not read it, group and others may not write it.',
  },
  bundle: {
    value: 'FILE',
    doc: 'PEM roots for the first contact; needed but with a join token, which names the root itself.',
  },
} as const satisfies Verb['options'];

/** What these options name: exactly one way to prove who asks. Throws `UsageMistake`. */
export function evidenceOf(invocation: Invocation): EvidenceFiles {
  const [file, oidc] = [invocation.text('evidence'), invocation.text('oidc')];
  const [certificate, key] = [invocation.text('certificate'), invocation.text('key')];
  const bundle = invocation.text('bundle');
  if ([file, oidc, certificate].filter((way) => way !== undefined).length !== 1)
    throw new UsageMistake('one of --evidence, --oidc and --certificate is needed');
  if ((certificate === undefined) !== (key === undefined))
    throw new UsageMistake('--certificate and --key go together');
  if (file !== undefined) return evidenceFiles({ kind: 'joinToken', file }, bundle);
  if (bundle === undefined) throw new UsageMistake('--bundle is needed: only a join token names the root itself');
  if (certificate !== undefined && key !== undefined) return evidenceFiles({ kind: 'x509', certificate, key }, bundle);
  return evidenceFiles({ kind: 'oidc', file: needed(invocation, 'oidc') }, bundle);
}
