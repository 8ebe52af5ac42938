import { describe, expect, test } from 'vitest'
import { dockerfileProblems, syntaxProblem } from './dockerfile.ts'

function problems(text: string, args: Readonly<Record<string, string>> = {}): string[] {
  return dockerfileProblems(text, new Map(Object.entries(args))).map(({ line, what }) => `${line} ${what}`)
}

test.each<[text: string]>([
  ['FROM node:24-trixie-slim\n'],
  ['# syntax=docker/dockerfile:1\nFROM scratch\n'],
  ['# syntax = docker.io/docker/dockerfile:1.7-labs\n# escape=`\nFROM scratch'],
  ['ARG V=24\nFROM --platform=$BUILDPLATFORM node:${V:-22} AS build\nCOPY --from=build /a /b\nFROM build'],
  ['ARG REGISTRY=docker.io\nFROM ${REGISTRY}/library/node:24'],
  ['FROM base-${TARGETARCH} AS final'],
  ['FROM a\nRUN --network=host true'],
  ['FROM a\nRUN --mount=type=bind,target=/src --mount=type=secret,id=npm --mount=type=ssh --mount=type=tmpfs,target=/t make'],
  ['FROM a\nADD https://github.com/a/b/releases/download/v1/x-$V.tar.gz /x'],
  ['FROM a\nADD --checksum=sha256:0 https://github.com/a/b.git#main /x'],
  ['ARG JAR=target/*.jar\nFROM a\nARG JAR\nADD ${JAR} app.jar\nADD ./$UNKNOWN target/$X.jar /'],
  ['FROM a\nADD ["a b", "/x"]\nCOPY . .\nCOPY --from=0 a b\nCOPY --chown=1:1 --link a b'],
  ['FROM a\nRUN <<EOF\napk \\\n  add --no-cache curl\nEOF\nRUN psql -c "SELECT * \\\nFROM users"'],
  ['# a comment about ADD http://127.0.0.1/x\nFROM a'],
  ['FROM a\nRUN curl http://127.0.0.1/'],
])('%j has none', (text) => {
  expect(problems(text)).toEqual([])
})

describe('what is fetched from inside', () => {
  test.each<[text: string, problem: string]>([
    ['FROM a\nADD http://127.0.0.1:18999/secret.txt /secret.txt', '2 ADD http://127.0.0.1:18999/secret.txt'],
    ['FROM a\nadd  --chmod=644 https://localhost/x /x', '2 ADD https://localhost/x'],
    ['FROM a\nADD a.txt http://169.254.169.254/latest/meta-data/ /x', '2 ADD http://169.254.169.254/latest/meta-data/'],
    ['FROM a\nADD http://[::1]/x /x', '2 ADD http://'],
    ['FROM a\nADD git@10.0.0.1:a/b.git /x', '2 ADD git@10.0.0.1:a/b.git'],
    ['FROM a\nADD "http://127.0.0.1/x" /x', '2 ADD http://127.0.0.1/x'],
    ['FROM a\nADD h\\ttp://127.0.0.1/x /x', '2 ADD http://127.0.0.1/x'],
    ['FROM a\nADD ["http:\\u002f\\u002f127.0.0.1/x", "/x"]', '2 ADD http://127.0.0.1/x'],
    ['FROM a\nADD ["http://127.0.0.1/x", "/x"]', '2 ADD http://127.0.0.1/x'],
    ['FROM a\nADD \\\n# between\n\n  http://127.0.0.1/x /x', '2 ADD http://127.0.0.1/x'],
    ['FROM a\nAD\\\nD http://127.0.0.1/x /x', '2 ADD http://127.0.0.1/x'],
    ['# escape=`\nFROM a\nADD `\n  http://127.0.0.1/x /x', '3 ADD http://127.0.0.1/x'],
    ['FROM a\nONBUILD ADD http://127.0.0.1/x /x', '2 ADD http://127.0.0.1/x'],
    ['FROM a\n\u0085ADD\u0085http://127.0.0.1/x /x', '2 ADD http://127.0.0.1/x'],
    // Docker takes what I\ for the end of the heredoc.
    ["FROM a\nRUN <<'I\\'\ntrue\nI\\\nADD http://127.0.0.1/x /x", '5 ADD http://127.0.0.1/x'],
    ['FROM a\nADD http://$HOST/x /x', '2 ADD http://$HOST/x'],
    ['ARG U=http://127.0.0.1/x\nFROM a\nARG U\nADD $U /x', '4 ADD $U'],
    ['FROM a\nENV U http://127.0.0.1/x\nADD ${U} /x', '3 ADD ${U}'],
    ['FROM a\nARG A=http: B=//127.0.0.1\nADD $A$B/x /x', '3 ADD $A$B/x'],
    ['FROM a\nADD ${U:-http://127.0.0.1/x} /x', '2 ADD ${U:-http://127.0.0.1/x}'],
    ['FROM a\nADD ${U/a/b} /x', '2 ADD ${U/a/b}'],
    ['FROM 127.0.0.1:5000/a', '1 FROM 127.0.0.1:5000/a'],
    ['FROM --platform=linux/amd64 localhost/a AS b', '1 FROM localhost/a'],
    ['ARG R=10.0.0.1\nFROM $R/a', '2 FROM $R/a'],
    ['ARG R=example.com\nFROM ${R:+127.0.0.1:5000}/a', '2 FROM ${R:+127.0.0.1:5000}/a'],
    // For Docker the second ARG is a part of B.
    ['ARG R=127.0.0.1:5000/\nARG B="x \\\nARG R=example.com/"\nFROM ${R}node', '4 FROM ${R}node'],
    // Of a stage: before it the variable is empty.
    ['FROM ${P}127.0.0.1:5000/a\nARG P=example.com/', '1 FROM ${P}127.0.0.1:5000/a'],
    ['FROM ${X#y}/a', '1 FROM ${X#y}/a'],
    ['FROM a\nCOPY --from=localhost:5000/a /x /x', '2 COPY --from=localhost:5000/a'],
    ['FROM a\nCOPY --chown="a b" --from=10.0.0.1/a /x /x', '2 COPY --from=10.0.0.1/a'],
    ['FROM a\nCOPY --from=$X /x /x', '2 COPY --from=$X'],
    ['FROM a\nRUN --mount=type=bind,from=localhost:5000/a,target=/x true', '2 RUN --mount=from=localhost:5000/a'],
  ])('%j', (text, problem) => {
    expect(problems(text)).toContain(problem)
  })

  test('an argument of the build takes the place of a default', () => {
    expect(problems('ARG R=docker.io\nFROM $R/a', { R: '127.0.0.1:5000' })).toEqual(['2 FROM $R/a'])
    expect(problems('ARG R\nFROM $R/a', { R: 'ghcr.io' })).toEqual([])
  })
})

test.each<[run: string, problem: string | undefined]>([
  ['RUN --mount=type=cache,id=shared,target=/c,sharing=shared echo', '2 RUN --mount=type=cache'],
  ['RUN --mount=target=/root/.npm,type=cache npm ci', '2 RUN --mount=type=cache'],
  ['RUN --network=none --mount=TYPE=Cache,target=/x true', '2 RUN --mount=TYPE=Cache'],
  ['RUN --mount="target=/a b,type=cache" true', '2 RUN --mount=type=cache'],
  ['RUN --mount=type=ca\\\nche,target=/x true', '2 RUN --mount=type=cache'],
  ['RUN --mount=type=$T,target=/x true', '2 RUN --mount=type=$T'],
  ['RUN echo type=cache', undefined],
])('%j shares a cache: %s', (run, problem) => {
  expect(problems(`FROM a\n${run}`)[0]).toBe(problem)
})

test.each<[text: string, isProblem: boolean]>([
  ['# syntax=evil/frontend\nFROM a', true],
  ['#syntax=docker/dockerfile-evil:1\nFROM a', true],
  ['#!/usr/bin/env x\n# SYNTAX = evil.example/docker/dockerfile\nFROM a', true],
  ['\n// syntax=evil/frontend\nFROM a', true],
  ['\uFEFF# syntax=evil/frontend\nFROM a', true],
  ['# check=skip=all\n# syntax=evil/frontend\nFROM a', true],
  ['{"syntax": "evil/frontend"}', true],
  ['FROM a\n# syntax=evil/frontend', false],
  ['# syntax=docker/dockerfile:1@sha256:' + '0'.repeat(64) + '\nFROM a', false],
])('%j has another program read it: %s', (text, isProblem) => {
  expect(problems(text).length > 0).toBe(isProblem)
})

test('who reads the file may be told by an argument as well', () => {
  expect(syntaxProblem('docker/dockerfile:1')).toBeNull()
  expect(syntaxProblem('docker/dockerfile:1 more')).not.toBeNull()
})

test('problems are few and short, and what cannot be looked through is one', () => {
  const many = `FROM a\n${`ADD http://127.0.0.1/${'x'.repeat(1_000)} /\n`.repeat(100)}`
  const found = dockerfileProblems(many, new Map())
  expect(found.length).toBeLessThan(30)
  expect(found[0]?.what).toHaveLength(200)
  expect(problems('\n'.repeat(6_000))).toEqual(['1 Dockerfile'])
  expect(problems('ADD aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa \\\n'.repeat(4_999))).toEqual(['1 Dockerfile'])
})

test.each<[name: string, text: string]>([
  ['values that name themselves', `ARG A=${'$A'.repeat(1_000)}\nFROM $A/a`],
  ['values that are many', `${'ARG A=$B\nARG B=$A$A\n'.repeat(1_000)}FROM $A$B/a`],
  ['backslashes', `ARG ${'\\'.repeat(500_000)}\nFROM 10.0.0.1/a`],
  ['quotes', `ARG ${`"'`.repeat(250_000)}\nFROM 10.0.0.1/a`],
  ['blanks', `# syntax=x${' '.repeat(500_000)}y\nFROM a`],
  ['brackets', `FROM 10.0.0.1/a\nADD ${'[ ]'.repeat(150_000)}`],
  ['words', `FROM 10.0.0.1/a\nADD ${'$A '.repeat(170_000)}`],
])('%s do not take long to be looked through', (_name, text) => {
  const startedMs = performance.now()
  expect(problems(text).length).toBeGreaterThan(0)
  expect(performance.now() - startedMs).toBeLessThan(5_000)
})
