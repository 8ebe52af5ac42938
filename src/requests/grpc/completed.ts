/**
 * Descriptors as protoc would have written them. Some servers (grpc-js' reflection is one) send theirs as they have read them: types are
 * named from where they stand, and imports and the names of fields in JSON are left out.
 */
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt'

type TypeHomes = ReadonlyMap<string, string>

/** Changes the files in place. */
export function completeFiles(files: readonly FileDescriptorProto[]): void {
  const homes = homesOf(files)
  for (const file of files) {
    const used = new Set(file.dependency)
    const whole = (name: string, scope: string): string => {
      const found = absolute(name, scope, homes)
      const home = homes.get(found)
      if (home !== undefined && home !== file.name) used.add(home)
      return found
    }
    const scope = file.package === '' ? '' : `.${file.package}`
    for (const message of file.messageType) completeMessage(message, scope, whole)
    for (const { method } of file.service) {
      for (const one of method) {
        one.inputType = whole(one.inputType, scope)
        one.outputType = whole(one.outputType, scope)
      }
    }
    file.dependency = [...used]
  }
}

function completeMessage(message: DescriptorProto, within: string, whole: (name: string, scope: string) => string): void {
  const scope = `${within}.${message.name}`
  for (const field of message.field) {
    // Of a field without a type of its own this is empty, and stays so.
    field.typeName = whole(field.typeName, scope)
    if (field.jsonName === '') field.jsonName = field.name.replaceAll(/_+(.?)/g, (_all, next: string) => next.toUpperCase())
  }
  for (const nested of message.nestedType) completeMessage(nested, scope, whole)
}

/** By the name of each type, which begins with a dot: the file that has it. */
function homesOf(files: readonly FileDescriptorProto[]): TypeHomes {
  const homes = new Map<string, string>()
  const add = (message: DescriptorProto, within: string, file: string): void => {
    const scope = `${within}.${message.name}`
    homes.set(scope, file)
    for (const { name } of message.enumType) homes.set(`${scope}.${name}`, file)
    for (const nested of message.nestedType) add(nested, scope, file)
  }
  for (const file of files) {
    const scope = file.package === '' ? '' : `.${file.package}`
    for (const { name } of file.enumType) homes.set(`${scope}.${name}`, file.name)
    for (const message of file.messageType) add(message, scope, file.name)
  }
  return homes
}

/** From the innermost scope outwards; a name that nobody has stays as it is. */
function absolute(name: string, scope: string, homes: TypeHomes): string {
  if (name.startsWith('.')) return name
  for (let within = scope; ; within = within.slice(0, within.lastIndexOf('.'))) {
    if (homes.has(`${within}.${name}`)) return `${within}.${name}`
    if (within === '') return name
  }
}
