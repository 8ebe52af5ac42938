import { describe, expect, it } from 'vitest'
import { parsePrometheus, seriesOf, seriesType } from './prometheus.ts'

const PAGE = `# HELP jobs_total Jobs by outcome, with a \\\\ and a # in the help
# TYPE jobs_total counter
jobs_total{outcome="completed"} 12
jobs_total{outcome="failed",worker="a b"} 3 1700000000000

# TYPE workers gauge
workers 4
  # TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="+Inf"} 2
wait_seconds_sum 1.25e-1
wait_seconds_count 2
# TYPE size summary
size{quantile="0.9"} 7
size_sum 70
# TYPE answers counter
answers_total 9 # {trace_id="x"} 1 1.5
# TYPE odd stateset
odd 1
bare -0.5
# EOF
`

describe('parsePrometheus', () => {
  it('reads names, labels and values, past timestamps, exemplars and comments', () => {
    const { samples } = parsePrometheus(PAGE)
    expect(samples).toHaveLength(12)
    expect(samples[1]).toEqual({ name: 'jobs_total', labels: { outcome: 'failed', worker: 'a b' }, value: 3 })
    expect(seriesOf({ samples, types: new Map() }, 'wait_seconds_sum')).toMatchObject([{ value: 0.125 }])
    expect(samples.find(({ name }) => name === 'answers_total')?.value).toBe(9)
    expect(samples.at(-1)).toEqual({ name: 'bare', labels: {}, value: -0.5 })
  })

  it('reads what labels may hold: escapes, braces, commas, a comma at the end, and names of objects', () => {
    const page = parsePrometheus(String.raw`m{path="C:\\a\"}, {b\n",__proto__="x",} +Inf` + '\r\n')
    expect(page.samples[0]?.labels['path']).toBe('C:\\a"}, {b\n')
    expect(Object.keys(page.samples[0]?.labels ?? {})).toEqual(['path', '__proto__'])
    expect(page.samples[0]?.value).toBe(Infinity)
  })

  it('knows the numbers that the format has beside the plain ones', () => {
    const { samples } = parsePrometheus('a NaN\nb -Inf\nc 1e3\nd .5')
    expect(samples.map(({ value }) => value)).toEqual([Number.NaN, -Infinity, 1_000, 0.5])
  })

  it.each([
    ['a page of another kind', '<!doctype html>'],
    ['JSON', '{"status":"ok"}'],
    ['a value that is no number', 'jobs_total twelve'],
    ['no value', 'jobs_total{a="b"}'],
    ['a number of another notation', 'jobs_total 0x10'],
    ['labels that do not end', 'jobs_total{a="b 1'],
    ['a label without quotes', 'jobs_total{a=b} 1'],
  ])('refuses %s and names the line', (_what, line) => {
    expect(() => parsePrometheus(`ok 1\n${line}\n`)).toThrow(/^line 2 is no Prometheus sample: /)
  })

  it('reads a long page in a time that grows with it only', () => {
    const startedMs = performance.now()
    const long = `m{${'a="b",'.repeat(2_000)}} 1\n`.repeat(20)
    expect(parsePrometheus(long).samples).toHaveLength(20)
    expect(() => parsePrometheus(`m{${'"'.repeat(20_000)} 1`)).toThrow(/no Prometheus sample/)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })
})

describe('seriesOf', () => {
  const page = parsePrometheus(PAGE)

  it('takes the series with the given labels', () => {
    expect(seriesOf(page, 'jobs_total').map(({ value }) => value)).toEqual([12, 3])
    expect(seriesOf(page, 'jobs_total', { outcome: 'failed' }).map(({ value }) => value)).toEqual([3])
    expect(seriesOf(page, 'jobs_total', { outcome: 'failed', worker: 'c' })).toEqual([])
    expect(seriesOf(page, 'jobs_total', { toString: 'x' })).toEqual([])
    expect(seriesOf(page, 'jobs')).toEqual([])
  })
})

describe('seriesType', () => {
  const page = parsePrometheus(PAGE)

  it.each<[string, ReturnType<typeof seriesType>]>([
    ['jobs_total', 'counter'],
    ['workers', 'gauge'],
    ['wait_seconds_bucket', 'counter'],
    ['wait_seconds_count', 'counter'],
    ['wait_seconds', null],
    ['size', 'gauge'],
    ['size_sum', 'counter'],
    ['size_bucket', null],
    ['answers_total', 'counter'],
    ['odd', 'untyped'],
    ['bare', 'untyped'],
    ['missing_total', null],
  ])('%s is %s', (name, type) => {
    expect(seriesType(page, name)).toBe(type)
  })

  it('believes the declared type more than the name', () => {
    expect(seriesType(parsePrometheus('# TYPE workers_total gauge\n'), 'workers_total')).toBe('gauge')
  })
})
