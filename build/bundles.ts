/** What dist/ holds: one self-contained folder per program. */

export interface Bundle {
  /** Folder below dist/. */
  readonly name: string
  readonly entry: string
  /** Files put beside the bundle: name there → path in the repository. */
  readonly files: Readonly<Record<string, string>>
  /** Packages that must not be bundled → the file that stands in for them, copied beside the bundle. */
  readonly absent: Readonly<Record<string, string>>
  readonly executable: boolean
}

const DOCKERODE_ABSENT = {
  ssh2: 'ssh.cjs',
  '@grpc/grpc-js': 'buildkit.cjs',
  '@grpc/proto-loader': 'buildkit.cjs',
  protobufjs: 'buildkit.cjs',
}

function frontEnd(name: string, front: 'action' | 'cli', absent: Bundle['absent']): Bundle {
  return { name, entry: `src/app/${front}/${name}.ts`, files: {}, absent, executable: name === 'cli' }
}

function service(name: string, image: 'service' | 'many-requests'): Bundle {
  return {
    name: `stack/${name}`,
    entry: `stack/services/${name}/main.ts`,
    files: { Dockerfile: `stack/images/${image}.Dockerfile`, 'first-start.js': 'stack/images/first-start.js' },
    absent: {},
    executable: false,
  }
}

export const BUNDLES: readonly Bundle[] = [
  frontEnd('main', 'action', DOCKERODE_ABSENT),
  frontEnd('post', 'action', DOCKERODE_ABSENT),
  frontEnd('cli', 'cli', DOCKERODE_ABSENT),
  service('queen-rbee', 'many-requests'),
  service('rbee-hive', 'many-requests'),
  service('mock-worker', 'service'),
  {
    name: 'toolbox',
    entry: 'src/toolbox/main.ts',
    files: { Dockerfile: 'toolbox/Dockerfile', 'vram-hold.c': 'toolbox/vram-hold.c' },
    absent: {},
    executable: false,
  },
]

/** Largest file of code that is accepted, bytes: index.js, and each chunk that is loaded late. */
export const MOST_BYTES = 2_500_000
