/**
 * Makes `runtime/grpc/gen` from `proto`: the types of the wire, and the descriptors as data, so that no process parses
 * a .proto at its start. Writes nothing: `scripts/generate.ts` writes what this gives, the house test compares it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// What `loadSync` begins with; its own result is a package definition, which cannot be written to a file.
import { loadProtosWithOptionsSync } from '@grpc/proto-loader/build/src/util.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GENERATOR = 'node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js';
const TARGET = 'runtime/grpc/gen';
const PROTOS = ['cleat/ca/v1/ca.proto', 'cleat/ca/v1/admin.proto', 'grpc/health/v1/health.proto'] as const;
/** As in `runtime/grpc/wire.ts`, or the types would tell of other messages than the process reads. */
const TYPE_OPTIONS = ['--keepCase', '--longs=Number', '--enums=String', '--defaults', '--oneofs'] as const;

/** Every generated file, by its path from the root of the repository. */
export async function generateProto(): Promise<ReadonlyMap<string, string>> {
  const files = new Map(await generateTypes());
  files.set(`${TARGET}/descriptors.ts`, descriptorsSource());
  return files;
}

async function generateTypes(): Promise<readonly (readonly [string, string])[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cleat-proto-'));
  try {
    const options = [...TYPE_OPTIONS, '--grpcLib=@grpc/grpc-js', '--importFileExtension=.ts', '-I', 'proto'];
    await promisify(execFile)(process.execPath, [GENERATOR, ...options, '-O', folder, ...PROTOS], { cwd: ROOT });
    const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.ts')).sort();
    return await Promise.all(
      paths.map(async (path) => {
        const text = await readFile(join(folder, path), 'utf8');
        return [`${TARGET}/${path.split(sep).join('/')}`, text] as const;
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As JSON of protobufjs and not as a FileDescriptorSet: its own descriptors lose maps on the way back. */
function descriptorsSource(): string {
  const root = loadProtosWithOptionsSync([...PROTOS], { keepCase: true, includeDirs: [join(ROOT, 'proto')] });
  return [
    '// Made by scripts/generate-proto.ts from proto.',
    `export const DESCRIPTORS: object = ${JSON.stringify(root.toJSON(), undefined, 2)};`,
    '',
  ].join('\n');
}
