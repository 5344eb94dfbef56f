/** Bare `jose`: signs as many ES256 access tokens as it is told, in a process of its own on the measured core, and answers with
 *  the CPU milliseconds of one. Entry: never imported. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { SignJWT } from 'jose';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

async function measure(count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let done = 0; done < count; done += 1) await signOne();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}

/** The claims that the token service writes. */
function signOne(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const id = 'spiffe://demo.cleat/ns/shop/sa/agent';
  return new SignJWT({
    client_id: id,
    scope: 'payments.read payments.write',
    cnf: { 'x5t#S256': 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0' },
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' })
    .setIssuer('https://localhost:8445')
    .setSubject(id)
    .setAudience('payments')
    .setIssuedAt(now)
    .setExpirationTime(now + 300)
    .setJti(randomBytes(16).toString('base64url'))
    .sign(privateKey);
}

if (process.send !== undefined)
  process.on('message', (count: number) => void measure(count).then((cpu) => process.send?.(cpu)));
