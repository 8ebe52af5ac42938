/** Whether a compose stack can run twice on one machine. Pure: it is looked for in what `docker compose config --format json` prints. */
import * as z from 'zod'
import { asExpected } from './compose/config.ts'

const text = z.string().nullish()

const service = z.looseObject({
  network_mode: text,
  ports: z.array(z.looseObject({ published: z.union([z.string(), z.number()]).nullish() })).nullish(),
  volumes: z.array(z.looseObject({ type: z.string(), source: text, read_only: z.boolean().nullish() })).nullish(),
  devices: z.array(z.unknown()).nullish(),
  gpus: z.array(z.unknown()).nullish(),
  deploy: z
    .looseObject({
      resources: z.looseObject({ reservations: z.looseObject({ devices: z.array(z.unknown()).nullish() }).nullish() }).nullish(),
    })
    .nullish(),
})
const shared = z
  .looseObject({
    external: z.unknown().optional(),
    driver: text,
    driver_opts: z.record(z.string(), z.coerce.string()).nullish(),
    ipam: z.looseObject({ config: z.array(z.looseObject({ subnet: text })).nullish() }).nullish(),
  })
  .nullable()
const config = z.looseObject({
  services: z.record(z.string(), service).default({}),
  networks: z.record(z.string(), shared).default({}),
  volumes: z.record(z.string(), shared).default({}),
})

type Service = z.infer<typeof service>
type Shared = z.infer<typeof shared>

/**
 * What two copies of the stack would share or fight for, as sentences; empty when they can run side by side. Names of
 * containers, networks and volumes are no reason: each stack gets its own.
 * @throws COMPOSE_FAILED for what is no configuration of compose.
 */
export function whyAlone(merged: unknown): string[] {
  const { services, networks, volumes } = asExpected(config, merged)
  return [
    ...Object.entries(services).flatMap(([name, one]) => ofService(one).map((why) => `service ${name} ${why}`)),
    ...Object.entries(networks).flatMap(([name, one]) => ofNetwork(one).map((why) => `network ${name} ${why}`)),
    ...Object.entries(volumes).flatMap(([name, one]) => ofVolume(one).map((why) => `volume ${name} ${why}`)),
  ]
}

function ofService(one: Service): string[] {
  const ports = (one.ports ?? []).map(({ published }) => String(published ?? '')).filter(isFixedPort)
  const binds = (one.volumes ?? []).filter(({ type, read_only: readOnly }) => type === 'bind' && readOnly !== true)
  const hasDevices = [one.devices, one.gpus, one.deploy?.resources?.reservations?.devices].some((list) => (list ?? []).length > 0)
  return [
    ...ports.map((port) => `is published on port ${port}`),
    ...binds.map(({ source }) => `writes to ${source ?? 'a folder'} of this machine`),
    ...(one.network_mode === 'host' ? ['is on the network of this machine'] : []),
    ...(hasDevices ? ['uses devices of this machine'] : []),
  ]
}

/** Of a range Docker takes what is free. */
function isFixedPort(published: string): boolean {
  return published !== '' && published !== '0' && !published.includes('-')
}

function ofNetwork(one: Shared): string[] {
  if (one === null) return []
  const hasSubnet = (one.ipam?.config ?? []).some(({ subnet }) => (subnet ?? '') !== '')
  return [
    ...(isExternal(one) ? ['is shared with others (external)'] : []),
    ...(hasSubnet ? ['has a fixed subnet'] : []),
    ...(['', 'bridge', 'default'].includes(one.driver ?? '') ? [] : [`has the driver ${one.driver ?? ''}`]),
  ]
}

/** A volume in memory is each stack's own; what a driver mounts from elsewhere is the same for all. */
function ofVolume(one: Shared): string[] {
  if (one === null) return []
  const { type, device } = one.driver_opts ?? {}
  return [
    ...(isExternal(one) ? ['is shared with others (external)'] : []),
    ...(device !== undefined && type !== 'tmpfs' ? [`is ${device} of this machine`] : []),
  ]
}

function isExternal({ external }: NonNullable<Shared>): boolean {
  return external !== undefined && external !== null && external !== false
}
