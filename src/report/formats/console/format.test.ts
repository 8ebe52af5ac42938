import { expect, test } from 'vitest'
import { render } from '../../render.ts'
import { consoleFormat } from './format.ts'
import {
  ERROR,
  FAILED,
  HOSTILE,
  INCONCLUSIVE,
  LOAD_FAILED,
  loadResult,
  runResult,
  scenarioResult,
  SKIPPED,
} from '../../results.fixture.ts'

test('problems first, then the table, the verdict last', () => {
  const text = render(consoleFormat, runResult([scenarioResult('passed'), SKIPPED, INCONCLUSIVE, ERROR, FAILED]))
  expect(text).toMatchInlineSnapshot(`
    "NF-001 Complete network partition: failed
      - canary: answers: expected ≥ 99 % answered 503, observed 0 % of 60 (60 × timeout)
      - not recovered within 20 s
      effect: 0 bytes in 6 s, 0 of 3 old connections alive
      log of queen-rbee: logs/NF-002/queen-rbee.log
      repeat: node dist/cli/index.js run --only NF-001 --profile quick --seed 7

    WC-001 Crash during inference (recovery only): error
      - not reverted: toxic chaos_NF-001 on hive-proxy
      effect: +997 ms median over 2 links
      log of queen-rbee: logs/NF-002/queen-rbee.log
      repeat: node dist/cli/index.js run --only NF-002 --profile quick --seed 7

    NF-003 Packet loss 30 %: inconclusive
      - only 180 packets were seen, 400 are needed
      effect: not confirmed: 29 % of 180 packets
      log of queen-rbee: logs/NF-002/queen-rbee.log
      repeat: node dist/cli/index.js run --only NF-002 --profile quick --seed 7

    id      scenario                                verdict       effect                                        longest outage  recovered in
    NF-001  Complete network partition              failed        0 bytes in 6 s, 0 of 3 old connections alive  26 s            no: no good request within 20 s
    WC-001  Crash during inference (recovery only)  error         +997 ms median over 2 links                   1.2 s           420 ms (limit 20 s)
    NF-003  Packet loss 30 %                        inconclusive  not confirmed: 29 % of 180 packets            1.2 s           420 ms (limit 20 s)
    RE-005  VRAM exhaustion                         skipped       –                                             –               –
    NF-002  High latency on all requests            passed        +997 ms median over 2 links                   1.2 s           420 ms (limit 20 s)

    failed: 1 failed, 1 error, 1 inconclusive, 1 passed, 1 skipped; judged: the built-in reference services: this shows the harness, not your system
    profile quick, seed 7, stack rbee, 1 min 5 s (planned 1 min 2 s), run 1f2e3d4c
    "
  `)
})

test('load patterns say their figures, what was found, and whether these are those of the generator', () => {
  const text = render(consoleFormat, runResult([], { load: [loadResult('passed'), LOAD_FAILED] }))
  expect(text).toMatchInlineSnapshot(`
    "LT-002 Stress test up to the breaking point: failed
      - http_req_duration: p(95)<2000 in the hold at 100, 12 s to 18 s: 3.1 s
      closed model, 100 users, 59 requests/s (1534 in all), peak in flight 3.3, p50 22 ms, p95 41 ms, p99 64 ms, errors 3.10 % (503 × 40, error 1212 × 8), 1486 served, 40 rejected, 8 failed
      breaking point: 310 users, 1204.4 requests/s, after 14.2 s: throughput knee (+25 % users, +1 % requests/s), a lower bound: the generator was at its own end
      after 500 → 0 at 20 s: not as before (limit 6 s) (p95 2.4 s at the end)
      generator k6 2.2.0 (container): 172 % of a core at most, machine 100 % busy at most, 12 iterations dropped; saturated: 12 s to 15 s: 12 iterations dropped
      1486 served answers with a job id, 1 of them unknown to the system; 0 completed jobs without a served answer (interrupted, or somebody else's)
      log of k6: load/LT-001/k6.log
      repeat: node dist/cli/index.js run --only LT-001 --profile quick --seed 7

    LT-001 Inference load: passed
      closed model, 100 users, 59 requests/s (1534 in all), peak in flight 3.3, p50 22 ms, p95 41 ms, p99 64 ms, errors 0.00 %, 1534 served, 0 rejected, 0 failed
      generator k6 2.2.0 (container): 31 % of a core at most, machine 64 % busy at most
      1534 served answers with a job id, 0 of them unknown to the system; 2 completed jobs without a served answer (interrupted, or somebody else's)

    failed: 1 failed, 1 passed; judged: the built-in reference services: this shows the harness, not your system
    profile quick, seed 7, stack rbee, 1 min 5 s (planned 1 min 2 s), run 1f2e3d4c
    "
  `)
  expect(
    render(
      consoleFormat,
      runResult([], { load: [loadResult('failed', { name: HOSTILE, reasons: [HOSTILE], notes: [HOSTILE] })] }),
    ),
  ).not.toMatch(/[\u001b\r\u0000\u202e]/)
})

test('hostile text stays on its line and controls no terminal', () => {
  const lines = (name: string): number =>
    render(consoleFormat, runResult([scenarioResult('failed', { id: name, name, reasons: [name] })], { reasons: [name] })).split(
      '\n',
    ).length
  expect(lines(HOSTILE)).toBe(lines('harmless'))
  expect(render(consoleFormat, runResult([scenarioResult('failed', { reasons: [HOSTILE] })]))).not.toMatch(
    /[\u001b\r\u0000\u202e]/,
  )
})
