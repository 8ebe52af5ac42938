/** All faults, and the entries of scenario files that ask for them. One line for each folder. */
import type { FaultKind } from '../kinds/fault.ts'
import type { EntryForm } from '../kinds/define-entry.ts'
import { connectionResetsEntry } from './connection-resets/entry.ts'
import { connectionResets } from './connection-resets/fault.ts'
import { connectionsEntry } from './connections/entry.ts'
import { connections } from './connections/fault.ts'
import { actionEntry } from './container-action/entry.ts'
import { containerAction } from './container-action/fault.ts'
import { cpuEntry } from './cpu/entry.ts'
import { cpu } from './cpu/fault.ts'
import { crashEntry } from './crash/entry.ts'
import { crash } from './crash/fault.ts'
import { diskEntry } from './disk/entry.ts'
import { disk } from './disk/fault.ts'
import { dnsEntries } from './dns/entry.ts'
import { dns } from './dns/fault.ts'
import { fileDescriptorsEntry } from './file-descriptors/entry.ts'
import { fileDescriptors } from './file-descriptors/fault.ts'
import { memoryEntry } from './memory/entry.ts'
import { memory } from './memory/fault.ts'
import { packetLossEntries } from './packet-loss/entry.ts'
import { packetLoss } from './packet-loss/fault.ts'
import { toxicEntries } from './toxic/entry.ts'
import { toxic } from './toxic/fault.ts'
import { unansweredStop } from './unanswered-stop/fault.ts'
import { vramEntry } from './vram/entry.ts'
import { vram } from './vram/fault.ts'

/** In the order in which entries are told to people. One without an entry is chosen by that of another folder. */
const FOLDERS: readonly { readonly fault: FaultKind; readonly entries: readonly EntryForm[] }[] = [
  { fault: toxic, entries: toxicEntries },
  { fault: packetLoss, entries: packetLossEntries },
  { fault: connectionResets, entries: [connectionResetsEntry] },
  { fault: crash, entries: [crashEntry] },
  { fault: unansweredStop, entries: [] },
  { fault: containerAction, entries: [actionEntry] },
  { fault: disk, entries: [diskEntry] },
  { fault: memory, entries: [memoryEntry] },
  { fault: cpu, entries: [cpuEntry] },
  { fault: fileDescriptors, entries: [fileDescriptorsEntry] },
  { fault: connections, entries: [connectionsEntry] },
  { fault: vram, entries: [vramEntry] },
  { fault: dns, entries: dnsEntries },
]

/** All faults by their kind, to undo what an undo record tells. */
export const FAULTS: ReadonlyMap<string, FaultKind> = new Map(FOLDERS.map(({ fault }) => [fault.kind, fault]))

export const ENTRIES: readonly EntryForm[] = FOLDERS.flatMap(({ entries }) => entries)
