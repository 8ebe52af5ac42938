import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { containerAction } from './container-action/fault.ts'
import { cpu } from './cpu/fault.ts'
import { crash } from './crash/fault.ts'
import { ENTRIES, FAULTS } from './registry.ts'

it('a spec reaches no other kind', () => {
  const spec = { target: 'worker', signal: 'SIGKILL', via: 'kernel', timing: null, count: null } as const
  expect(crash.request(spec).kind).toBe('crash')
  // @ts-expect-error A crash says nothing of how much CPU time is to be burnt.
  expect(cpu.request(spec).kind).toBe('cpu')
})

it('each fault has a kind of its own, and reads the records of its own version', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(FAULTS.size).toBe(folders.filter(({ name }) => name !== 'shared').length)
  for (const fault of FAULTS.values()) {
    expect(() => fault.readBack(fault.version, {})).toThrow(/is no plan of it, so it is not executed/)
    expect(() => fault.readBack(fault.version + 1, {})).toThrow(/it is not executed$/)
  }
})

it('a record of version 1, which also told whether every service was hit, is brought up to date', () => {
  const plan = {
    target: 'worker',
    action: 'stop',
    choice: '1 of 1',
    containers: [{ id: 'a', name: 'chaos-worker-1', restartPolicy: 'no' }],
  }
  expect(containerAction.readBack(1, { ...plan, everything: true }).targets).toEqual(['chaos-worker-1'])
  expect(() => containerAction.readBack(2, { ...plan, everything: true })).toThrow(/is no plan of it/)
  expect(containerAction.readBack(2, plan).targets).toEqual(['chaos-worker-1'])
  for (const fault of FAULTS.values()) {
    for (const strange of [null, 7, {}])
      expect(() => fault.readBack(1, strange)).toThrow(/is no plan of it, so it is not executed/)
  }
})

it('each entry is told from the others by its key, or by the value of it', () => {
  const names = ENTRIES.map(({ key, value }) => `${key}: ${String(value)}`)
  expect(new Set(names).size).toBe(names.length)
  for (const { key, value, shape, docs } of ENTRIES) {
    const chosen = (by: string): boolean =>
      z
        .object(shape)
        .partial()
        .safeParse({ [key]: by }).success
    if (value !== null) expect([chosen(value), chosen(`${value}x`)]).toEqual([true, false])
    expect(docs.what).not.toBe('')
  }
})

it('each fault is tried on the guest with cgroup v2 as well', () => {
  const file = join(import.meta.dirname, '../../test/guest/stack/faults.json')
  const { scenarios } = JSON.parse(readFileSync(file, 'utf8')) as { scenarios: Record<string, unknown>[] }
  const kinds = scenarios.map((entry) => {
    const form = ENTRIES.find(({ key, value }) => Object.hasOwn(entry, key) && (value === null || value === entry[key]))
    return form?.read(entry).kind
  })
  expect(new Set(kinds)).toEqual(new Set(FAULTS.keys()))
})
