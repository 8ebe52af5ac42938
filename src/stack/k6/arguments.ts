/** The command lines of k6, of both majors. Pure. */
import { ChaosError } from '../../core/errors.ts'
import type { K6Version } from '../../ports/k6.ts'
import type { K6Segment } from '../../core/segment.ts'
import type { K6Paths } from './process.ts'

export const SAMPLES_FILE = 'samples.csv'
export const SUMMARY_FILE = 'summary.json'
export const WRAPPER_FILE = 'entry.js'
export const ARCHIVE_FILE = 'archive.tar'

/** p(99) and count are not among k6's own. */
export const TREND_STATS = 'avg,min,med,p(90),p(95),p(99),max,count'

/** `k6 v2.2.0 (go1.26.10, linux/amd64)`, `k6.exe v1.8.1 …`. @throws CAPABILITY_MISSING for another text or major. */
export function parseVersion(output: string): K6Version {
  const found = /^k6(?:\.exe)? v(\d+)\.(\d+\.\d+\S*)/m.exec(output)
  const [, major = '', rest = ''] = found ?? []
  if (found === null) {
    const text = `\`k6 version\` said something else than a version: ${output.trim().slice(0, 200)}`
    throw new ChaosError('CAPABILITY_MISSING', text)
  }
  if (major !== '1' && major !== '2') {
    throw new ChaosError('CAPABILITY_MISSING', `k6 ${major}.${rest} is not known here: 1 and 2 are`, {
      hint: 'Use another image, or name a k6 of these majors with --k6-path.',
    })
  }
  return { major: Number(major), text: `${major}.${rest}` }
}

/** Of k6's process, beside what the script is to see: nothing is reported to anyone, times are whole microseconds. */
export const K6_ENVIRONMENT: Readonly<Record<string, string>> = {
  K6_NO_USAGE_REPORT: 'true',
  K6_CSV_TIME_FORMAT: 'unix_micro',
  // Samples are written once a second by default; the live line is to be no older than that.
  K6_CSV_SAVE_INTERVAL: '500ms',
}

export function runArguments({ folder }: Pick<K6Paths, 'folder'>, segment: K6Segment | null): string[] {
  return [
    'run',
    '--quiet',
    '--no-color',
    // Version 1 opens its REST API unless it is told not to.
    '--address=',
    '--no-usage-report',
    `--out=csv=${folder}/${SAMPLES_FILE}`,
    `--summary-export=${folder}/${SUMMARY_FILE}`,
    `--summary-trend-stats=${TREND_STATS}`,
    ...segmentArguments(segment),
    `${folder}/${WRAPPER_FILE}`,
  ]
}

export function archiveArguments({ folder }: Pick<K6Paths, 'folder'>): string[] {
  return [
    'archive',
    '--no-color',
    '--quiet',
    '--address=',
    '--exclude-env-vars',
    `--archive-out=${folder}/${ARCHIVE_FILE}`,
    `${folder}/${WRAPPER_FILE}`,
  ]
}

export function inspectArguments(script: string): string[] {
  return ['inspect', '--no-color', '--quiet', '--address=', script]
}

/** `0,1/3,2/3,1`: without the whole sequence k6 rounds each segment by itself, and the sum is not what was asked for. */
function segmentArguments(segment: K6Segment | null): string[] {
  if (segment === null) return []
  const { index, count } = segment
  const point = (at: number): string => (at === 0 ? '0' : at === count ? '1' : `${at}/${count}`)
  const sequence = Array.from({ length: count + 1 }, (_, at) => point(at)).join(',')
  return [`--execution-segment=${point(index - 1)}:${point(index)}`, `--execution-segment-sequence=${sequence}`]
}
