/**
 * The second issuer of the story: an authorization server that another team runs and the sidecar trusts. It signs what it
 * is asked for, bound or not, so that the story can show tokens that are genuine and still refused. Its keys are public on
 * HTTPS; it mints over a UNIX socket in the demo's own folder, so that nobody else can ask.
 *
 * Usage: demo-issuer PORT FOLDER ISS
 *   https://localhost:PORT/jwks.json   its keys; FOLDER/root.pem vouches for the server
 *   FOLDER/mint.sock   POST {audience, scopes, subject, thumbprint?}: a token, valid for five minutes
 */
import { generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

import { SignJWT } from 'jose';

import { epochSeconds, wholeSeconds } from '../core/time/units.ts';
import { basicConstraints, extendedKeyUsage, keyUsage, subjectAltName } from '../core/x509/extensions.ts';
import { PURPOSE } from '../core/x509/oid.ts';
import { encodePem } from '../core/x509/pem.ts';
import { encodeCertificate, encodeName, encodeTbs } from '../core/x509/write.ts';
import { systemClock } from '../runtime/clock.ts';

interface Wish {
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly subject: string;
  readonly thumbprint?: string;
}

interface SigningKey {
  readonly kid: string;
  /** Secret. */
  readonly key: KeyObject;
}

const LIFETIME_SECONDS = 300;
const DAY_SECONDS = 86_400;

void serve(Number(process.argv[2]), process.argv[3] ?? '.', process.argv[4] ?? '');

async function serve(port: number, folder: string, iss: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const signing: SigningKey = { kid: randomUUID(), key: privateKey };
  const jwks = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: signing.kid, alg: 'ES256', use: 'sig' }],
  });
  const { key, certificate } = makeServerCertificate();
  const keys = createHttpsServer({ key, cert: certificate, minVersion: 'TLSv1.3' }, (request, response) => {
    const found = request.method === 'GET' && request.url === '/jwks.json';
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(found ? jwks : '{}');
  });
  const mint = createHttpServer((request, response) => {
    json(request)
      .then((wish) => mintToken(iss, signing, wish as Wish))
      .then(
        (token) => response.end(token),
        () => response.writeHead(400).end(),
      );
  });
  process.once('SIGTERM', () => {
    for (const server of [keys, mint]) {
      server.close();
      server.closeAllConnections();
    }
  });
  await once(keys.listen(port, '127.0.0.1'), 'listening');
  await once(mint.listen(join(folder, 'mint.sock')), 'listening');
  // Written last: whoever sees the root can fetch the keys.
  writeFileSync(join(folder, 'root.pem'), certificate, { mode: 0o600 });
  console.log(JSON.stringify({ msg: 'issuer ready' }));
}

/** A token of RFC 9068 with exactly the rights that were asked for. */
function mintToken(iss: string, { kid, key }: SigningKey, wish: Wish): Promise<string> {
  const confirmation = wish.thumbprint === undefined ? {} : { cnf: { 'x5t#S256': wish.thumbprint } };
  return new SignJWT({ client_id: wish.subject, scope: wish.scopes.join(' '), ...confirmation })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
    .setIssuer(iss)
    .setSubject(wish.subject)
    .setAudience(wish.audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_SECONDS}s`)
    .sign(key);
}

/** Self-signed, for `localhost`, valid for a day: its own root. */
function makeServerCertificate(): { readonly key: string; readonly certificate: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  const now = wholeSeconds(systemClock().now());
  const name = encodeName('second issuer of the demo');
  const tbs = encodeTbs({
    serial,
    issuer: name,
    subject: name,
    notBefore: epochSeconds(now - 60),
    notAfter: epochSeconds(now + DAY_SECONDS),
    spki: publicKey.export({ type: 'spki', format: 'der' }),
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage('digitalSignature'),
      extendedKeyUsage(PURPOSE.serverAuth),
      subjectAltName({ uri: 'https://partner.example', dns: ['localhost'] }, false),
    ],
  });
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: encodePem('CERTIFICATE', encodeCertificate(tbs, sign('sha256', tbs, privateKey))),
  };
}
