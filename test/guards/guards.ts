/** The guards of tokens, binding and policy, each with the change that switches it off and nothing else. */
import type { Guard } from './guard.ts';
import { REQUEST_GUARDS } from './request-guards.ts';

const BIND = 'core/token/bind.ts';
const CLAIMS = 'core/token/claims.ts';
const CONFIRMATION = 'core/token/confirmation.ts';
const CRITERIA = 'sidecar/policy/criteria.ts';
const HEADER = 'core/token/header.ts';
const KEYS = 'core/token/key-set.ts';
const LINEAGE = 'core/token/lineage.ts';
const PERMIT = 'sidecar/policy/permit.ts';
const PIPELINE = 'sidecar/pipeline.ts';
const PROOF = 'core/token/proof.ts';
const REVOCATION = 'core/identity/revocation.ts';

export const GUARDS: readonly Guard[] = [
  {
    name: 'signature',
    file: 'runtime/token/verify-jws.ts',
    find: 'return isSound ? admit(named)',
    replace: 'return isSound || named !== undefined ? admit(named)',
  },
  {
    name: 'algorithm list',
    file: HEADER,
    find: 'if (algorithm === undefined || !allowed.includes(algorithm))',
    replace: 'if (algorithm === undefined)',
  },
  {
    name: 'crit, b64 and zip',
    file: HEADER,
    find: 'if (special !== undefined)',
    replace: 'if (special === undefined && false)',
  },
  { name: 'typ', file: CLAIMS, find: 'if (!rules.types.includes(kind))', replace: 'if (rules.types.length === 0)' },
  {
    name: 'iss',
    file: CLAIMS,
    find: "if (claims['iss'] !== rules.issuer)",
    replace: "if (claims['iss'] === undefined)",
  },
  {
    name: 'aud',
    file: CLAIMS,
    find: "return found === undefined ? refuse('TOKEN_AUDIENCE', `aud does not name ${ours.join(' or ')}`) : admit(found);",
    replace: "return admit(found ?? ours[0] ?? '');",
  },
  { name: 'exp', file: CLAIMS, find: 'if (now >= exp + skew)', replace: 'if (now < 0)' },
  { name: 'nbf', file: CLAIMS, find: 'if (nbf !== undefined && nbf > now + skew)', replace: 'if (nbf === -1)' },
  { name: 'iat ahead', file: CLAIMS, find: 'if (iat !== undefined && iat > now + skew)', replace: 'if (iat === -1)' },
  { name: 'longest life', file: CLAIMS, find: 'if (exp - iat > maxLifetime)', replace: 'if (exp < iat)' },
  {
    name: 'must bind',
    file: CLAIMS,
    find: 'if (confirmation === undefined && rules.mustBind)',
    replace: 'if (rules.mustBind && false)',
  },
  {
    name: 'duplicate members',
    file: 'core/token/json.ts',
    find: 'if (name in object)',
    replace: 'if (name === "\\0")',
  },
  {
    name: 'canonical base64url',
    file: 'core/token/base64url.ts',
    find: "return bytes.toString('base64url') === text ? bytes : undefined;",
    replace: 'return bytes;',
  },
  {
    name: 'two keys under one kid',
    file: KEYS,
    find: 'if (new Set(ids).size < ids.length)',
    replace: 'if (ids.length < 0)',
  },
  {
    name: 'one credential',
    file: 'sidecar/token/extract.ts',
    find: "if (found !== undefined) return refuse('TOKEN_DUPLICATE', 'several Authorization fields');",
    replace: '',
  },
  { name: 'deny-list: jti', file: REVOCATION, find: "of('jti', jti) ??", replace: '' },
  { name: 'deny-list: sub', file: REVOCATION, find: "?? of('sub', subject)", replace: '' },
  { name: 'deny-list: kid', file: REVOCATION, find: "?? of('kid', keyId)", replace: '' },
  {
    name: 'deny-list: origin',
    file: REVOCATION,
    find: "const found = of('origin', origin);",
    replace: "const found = of('jti', undefined);",
  },
  {
    name: 'deny-list: certificate',
    file: REVOCATION,
    find: '      live(`thumbprint ${peer.thumbprintText}`, now) ??\n',
    replace: '',
  },
  {
    name: 'deny-list: SPIFFE ID',
    file: REVOCATION,
    find: '      live(`spiffe-id ${peer.id.uri}`, now) ??\n',
    replace: '',
  },
  { name: 'deny-list: lineage', file: REVOCATION, find: 'if (whole !== undefined) return whole;', replace: '' },
  {
    name: 'x5t#S256',
    file: CONFIRMATION,
    find: "if (timingSafeEqual(certificate, peer.thumbprint)) return admit('x5t#S256');",
    replace: "if (certificate.length === peer.thumbprint.length) return admit('x5t#S256');",
  },
  {
    name: 'unknown member of cnf',
    file: CONFIRMATION,
    find: 'if (unknown.length > 0)',
    replace: 'if (unknown.length < 0)',
  },
  {
    name: 'unbound token',
    file: BIND,
    find: "if (confirmed.value.length === 0 && (mode === 'required' || mode === 'report'))",
    replace: "if (mode === 'required' && false)",
  },
  {
    name: 'actor',
    file: BIND,
    find: "if (token.actor !== peer.id.uri && (mode === 'identity' || isSpiffeName(token.actor)))",
    replace: "if (mode === 'identity' && isSpiffeName(token.actor) && false)",
  },
  {
    name: 'lineage: listed',
    file: LINEAGE,
    find: 'lineage.predecessors.find((one) => timingSafeEqual(one.thumbprint, thumbprint))',
    replace: 'lineage.predecessors[0]',
  },
  {
    name: 'lineage: acceptUntil',
    file: LINEAGE,
    find: 'if (terms.now >= entry.acceptUntil)',
    replace: 'if (terms.now < 0)',
  },
  {
    name: 'lineage: issued before the leaf',
    file: LINEAGE,
    find: 'if (issuedAt > lineage.issuedAt + rules.skew) return failed',
    replace: 'if (issuedAt < 0) return failed',
  },
  { name: 'lineage: opted in', file: LINEAGE, find: 'if (!rules.lineage)', replace: 'if (rules.skew < 0)' },
  {
    name: 'lineage: trust domain',
    file: LINEAGE,
    find: 'if (rules.trustDomain !== id.trustDomain)',
    replace: 'if (rules.trustDomain === undefined)',
  },
  {
    name: 'jkt without a proof',
    file: CONFIRMATION,
    find: "return refuse('BINDING_PROOF_ABSENT', `token ${token.label} has a jkt, and came as Bearer`);",
    replace: "return admit('dpop');",
  },
  {
    name: 'jkt of the peer',
    file: CONFIRMATION,
    find: 'if (shown === bound) return admit(how);',
    replace: 'if (shown !== bound || shown === bound) return admit(how);',
  },
  {
    name: 'proof: typ',
    file: PROOF,
    find: "if (header.value.type !== 'dpop+jwt')",
    replace: "if (header.value.type === '')",
  },
  { name: 'proof: htm', file: PROOF, find: 'if (htm !== terms.method)', replace: 'if (htm === 0)' },
  {
    name: 'proof: htu',
    file: PROOF,
    find: 'if (target === undefined || !terms.targets.includes(target))',
    replace: 'if (htu === 0)',
  },
  {
    name: 'proof: iat',
    file: PROOF,
    find: 'if (!(Math.abs(terms.now - iat) <= terms.window))',
    replace: 'if (iat < 0)',
  },
  {
    name: 'proof: ath',
    file: PROOF,
    find: "claims['ath'] !== hashOf(terms.accessToken)",
    replace: "claims['ath'] === 0",
  },
  {
    name: 'proof: signature',
    file: 'runtime/token/verify-proof.ts',
    find: 'return isSound ? admit(proof)',
    replace: 'return isSound || proof !== undefined ? admit(proof)',
  },
  {
    name: 'proof: replay',
    file: 'runtime/token/replay.ts',
    find: 'if (seen.has(key))',
    replace: 'if (seen.has(key) && false)',
  },
  {
    name: 'proof: nonce',
    file: PROOF,
    find: 'return nonces.accepts(nonce, now) ? admit(undefined)',
    replace: 'return nonces.accepts(nonce, now) || nonce !== "" ? admit(undefined)',
  },
  {
    name: 'policy: no rule',
    file: PERMIT,
    find: "return refuse('POLICY_NO_RULE', closest(rules, caller, facts));",
    replace: "return admit(new Permit(caller, 'none'));",
  },
  { name: 'policy: deny', file: PERMIT, find: 'if (rule.deny)', replace: 'if (rule.id === "")' },
  { name: 'policy: scope', file: PERMIT, find: 'if (missing.length > 0)', replace: 'if (missing.length < 0)' },
  {
    name: 'policy: needless escape',
    file: PERMIT,
    find: 'if (hasNeedlessEscape(facts.path))',
    replace: 'if (facts.path === "")',
  },
  {
    name: 'policy: peers',
    file: CRITERIA,
    find: 'rule.peers.some((pattern) => matchesId(pattern, peer.id))',
    replace: 'rule.peers.length > 0 || matchesId({ any: true }, peer.id)',
  },
  {
    name: 'token in the query',
    file: 'sidecar/token/extract.ts',
    find: 'if (query !== undefined && hasTokenParameter(query))',
    replace: "if (query === '\\0' && hasTokenParameter(query))",
  },
  {
    name: 'active of an introspection',
    file: 'core/token/introspection.ts',
    find: 'if (active !== true)',
    replace: 'if (active === undefined)',
  },
  {
    name: 'depth of act',
    file: 'core/token/people.ts',
    find: 'if (actors.push(subject.value) > ACT_DEPTH_MOST)',
    replace: 'if (actors.push(subject.value) < 0)',
  },
  {
    name: 'key use',
    file: KEYS,
    find: "if (use !== wanted && (use !== undefined || wanted !== 'sig'))",
    replace: "if (use === '')",
  },
  {
    name: 'published private key',
    file: KEYS,
    find: 'if (SECRET_MEMBERS.some((member) => member in entry))',
    replace: 'if (SECRET_MEMBERS.length === 0)',
  },
  {
    name: 'chain signature',
    file: 'core/x509/path.ts',
    find: 'if (!isSignedBy(last, issuer))',
    replace: 'if (last === issuer)',
  },
  {
    name: 'end of a certificate',
    file: 'core/x509/svid.ts',
    find: 'if (!(now <= window.notAfter))',
    replace: 'if (now < 0)',
  },
  {
    name: 'one name in a certificate',
    file: 'core/x509/svid.ts',
    find: 'if (more.length > 0) return wrong(`leaf has',
    replace: 'if (more.length < 0) return wrong(`leaf has',
  },
  {
    name: 'scheme DPoP of a token without jkt',
    file: CONFIRMATION,
    find: 'return proof === undefined\n    ? admit(held)',
    replace: 'return proof === undefined || held !== undefined\n    ? admit(held)',
  },
  {
    name: 'twins of identity fields',
    file: 'sidecar/http/fields.ts',
    find: 'if (facts.isTwin)',
    replace: 'if (lower === "")',
  },
  {
    name: 'pipeline: revoked tokens',
    file: PIPELINE,
    find: 'if (!live.ok) return no(request, live.refusal, { token });',
    replace: '',
  },
  {
    name: 'pipeline: replay is looked at',
    file: PIPELINE,
    find: 'proof === undefined ? undefined : rooms.dpop.check(proof, now);',
    replace: 'proof;',
  },
  { name: 'pipeline: a proof is used up', file: PIPELINE, find: 'rooms.dpop.spend(usable.value, now);', replace: ';' },
  {
    name: 'pipeline: policy',
    file: PIPELINE,
    find: 'if (!decided.ok) return no(request, decided.refusal, { token, caller, reported: bound.reported });',
    replace:
      'if (!decided.ok) return { ok: true, value: { upstream: rooms.app, head: block }, note: noteOf(request, { token, caller }) };',
  },
  {
    name: 'memo by certificate',
    file: 'sidecar/token/memo.ts',
    find: '=> peer.thumbprintText + text;',
    replace: '=> text + peer.thumbprintText.slice(43);',
  },
  {
    name: 'claims of a rule',
    file: CRITERIA,
    find: 'return Array.isArray(found) ? (found as readonly JsonValue[]).some(isOneOf) : isOneOf(found);',
    replace: 'return found !== undefined || isOneOf(found);',
  },
  {
    name: 'networks of a rule',
    file: CRITERIA,
    find: 'from === undefined || (remote !== undefined && from.holds(remote))',
    replace: 'from === undefined || remote !== undefined',
  },
  {
    name: 'age of a login',
    file: 'sidecar/policy/login.ts',
    find: 'return now - at > maxAge ?',
    replace: 'return now < at ?',
  },
  {
    name: 'strength of a login',
    file: 'sidecar/policy/login.ts',
    find: "if (acr !== undefined && !(typeof level === 'string' && acr.includes(level)))",
    replace: 'if (acr !== undefined && level === null)',
  },
  {
    name: 'rate of a caller',
    file: PERMIT,
    find: 'if (counted?.ok === false) return counted;',
    replace: 'if (counted?.ok === false && rules.length === 0) return counted;',
  },
  ...REQUEST_GUARDS,
];
