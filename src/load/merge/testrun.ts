/**
 * A load for k6-operator: a TestRun (k6.io/v1alpha1) and the ConfigMap with its archive. Each runner writes its samples and
 * its summary to a volume that all of them share, as the operator itself merges nothing and calls a failed run finished.
 * Only settings that every version of the operator knows; k6's own come by its environment (K6_OUT, K6_SUMMARY_EXPORT). Pure.
 */
import { ChaosError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'

/** A ConfigMap holds 1 MiB (Kubernetes, "ConfigMap: Motivation"), and base64 makes four bytes of three. */
const LARGEST_ARCHIVE_BYTES = 760_000
const ARCHIVE = 'archive.tar'
const RESULTS = '/results'
const MOST_RUNNERS = 1_000

export interface TestRunRequest {
  /** The name of both objects, one that Kubernetes allows; the names of the runners' files begin with it. */
  readonly name: string
  readonly runners: number
  readonly image: string
  /** `k6 archive` of the script with its settings, without an environment. */
  readonly archive: Uint8Array
  /** Variables for the script's `__ENV`: nothing secret, as anybody may read them. */
  readonly environment: Readonly<Record<string, string>>
  /** A Secret with the variables that are; null for none. */
  readonly secret: string | null
  /** A PersistentVolumeClaim that all runners can write to (ReadWriteMany). */
  readonly claim: string
  /** k6's settings beside the script's environment. */
  readonly settings: Readonly<Record<string, string>>
}

/** `kubectl apply` takes it as it is. @throws ChaosError BAD_INPUT for what Kubernetes would refuse. */
export function testRunOf(request: TestRunRequest): Json {
  const { name, runners, image, archive, secret, claim } = request
  for (const each of [name, claim, ...(secret === null ? [] : [secret])]) refuseName(each)
  if (!Number.isInteger(runners) || runners < 1 || runners > MOST_RUNNERS)
    throw new ChaosError('BAD_INPUT', `there can be 1 to ${MOST_RUNNERS} runners, not ${runners}`)
  if (archive.length > LARGEST_ARCHIVE_BYTES)
    throw new ChaosError('BAD_INPUT', `the script and its files are ${archive.length} bytes, too many for a ConfigMap`, {
      hint: `It takes ${LARGEST_ARCHIVE_BYTES}. Have the script fetch its data in setup().`,
    })
  const pod = {
    image,
    env: environmentOf(request),
    ...(secret === null ? {} : { envFrom: [{ secretRef: { name: secret } }] }),
  }
  const results = { volumes: [{ name: 'results', persistentVolumeClaim: { claimName: claim } }] }
  const metadata = { name, labels: { 'app.kubernetes.io/managed-by': 'chaos-action' } }
  const spec: JsonObject = {
    parallelism: runners,
    script: { configMap: { name, file: ARCHIVE } },
    // Where it looks at the script it needs what the script needs.
    initializer: pod,
    runner: { ...pod, ...results, volumeMounts: [{ name: 'results', mountPath: RESULTS }] },
  }
  const content = { [ARCHIVE]: Buffer.from(archive).toString('base64') }
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, binaryData: content },
      { apiVersion: 'k6.io/v1alpha1', kind: 'TestRun', metadata, spec },
    ],
  }
}

function environmentOf({ environment, settings }: TestRunRequest): JsonObject[] {
  const plain = Object.entries({ ...environment, ...settings }).map(([name, value]) => ({ name, value: escaped(value) }))
  return [
    ...plain,
    { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'K6_OUT', value: `csv=${RESULTS}/$(POD_NAME).csv` },
    { name: 'K6_SUMMARY_EXPORT', value: `${RESULTS}/$(POD_NAME).json` },
  ]
}

/** Kubernetes fills in `$(NAME)`; `$$` is a plain dollar sign. */
function escaped(value: string): string {
  return value.replaceAll('$(', '$$$$(')
}

/** RFC 1123 subdomain of one label, as the operator makes names of pods and jobs from it. */
function refuseName(name: string): void {
  if (/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/.test(name)) return
  throw new ChaosError('BAD_INPUT', `"${name}" is no name for Kubernetes: small letters, digits and hyphens, 52 at most`)
}

/** The number of a runner, from the name of its pod (`NAME-3-x7k2p`); null for another's file. */
export function runnerIndexOf(podName: string, name: string): number | null {
  if (!podName.startsWith(`${name}-`)) return null
  const index = /^(\d{1,4})-[a-z0-9]+$/.exec(podName.slice(name.length + 1))?.[1]
  return index === undefined ? null : Number(index)
}
