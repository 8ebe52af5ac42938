/** A unary method, as far as its descriptors tell how its messages are written. */
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson, type FileRegistry, type JsonValue } from '@bufbuild/protobuf'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { completeFiles } from './completed.ts'
import { Unanswered } from './connection.ts'

export interface UnaryMethod {
  /** `/package.Service/Method`. */
  readonly path: string
  /** @throws BAD_INPUT for JSON that its request type does not take. */
  encode(body: JsonValue): Uint8Array
  /** Fields that are not set have their defaults. @throws Error for bytes that are no reply of it. */
  decode(message: Uint8Array): JsonValue
}

/** `name`: `package.Service/Method`. @throws Unanswered where the files have no unary method of that name. */
export function unaryMethod(name: string, files: readonly FileDescriptorProto[]): UnaryMethod {
  const serviceName = serviceOf(name)
  const methodName = name.slice(serviceName.length + 1)
  const registry = registryOf(serviceName, files)
  const method = registry.getService(serviceName)?.methods.find((one) => one.name === methodName)
  if (method === undefined) throw new Unanswered(`reflection: there is no method ${name}`)
  if (method.methodKind !== 'unary') throw new Unanswered(`reflection: ${name} is no unary method`)
  const { input, output } = method
  return {
    path: `/${name}`,
    encode(body) {
      try {
        return toBinary(input, fromJson(input, body, { registry }))
      } catch (error) {
        const why = describeError(error, 300)
        throw new ChaosError('BAD_INPUT', `the body for ${name} is no ${input.typeName}: ${why}`, { cause: error })
      }
    },
    decode: (message) => toJson(output, fromBinary(output, message), { registry, alwaysEmitImplicit: true }),
  }
}

/** The service of a method's name. */
export function serviceOf(name: string): string {
  return name.slice(0, name.indexOf('/'))
}

function registryOf(service: string, files: readonly FileDescriptorProto[]): FileRegistry {
  const root = files.find((file) =>
    file.service.some(({ name }) => service === (file.package === '' ? name : `${file.package}.${name}`)),
  )
  if (root === undefined) throw new Unanswered(`reflection: the server sends no file with ${service}`)
  try {
    completeFiles(files)
    return createFileRegistry(root, (name) => files.find((file) => file.name === name))
  } catch (error) {
    throw new Unanswered(`reflection: its descriptors do not fit together: ${describeError(error, 200)}`)
  }
}
