import { create } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { expect, it } from 'vitest'
import { Unanswered } from './connection.ts'
import { unaryMethod } from './method.ts'

function file(changes: Omit<Partial<FileDescriptorProto>, '$typeName'> & object): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, { name: 'shop.proto', package: 'shop', syntax: 'proto3', ...changes })
}

const TEXT = { type: Type.STRING, label: Label.OPTIONAL, number: 1 }
const types = (): FileDescriptorProto =>
  create(FileDescriptorProtoSchema, {
    ...{ name: 'types.proto', package: 'shop', syntax: 'proto3' },
    messageType: [
      { name: 'Order', field: [{ ...TEXT, name: 'item' }] },
      { name: 'Receipt', field: [{ ...TEXT, name: 'sum' }] },
    ],
  })
const other = (): FileDescriptorProto =>
  create(FileDescriptorProtoSchema, { name: 'other.proto', package: 'shop', service: [{ name: 'Attic', method: [] }] })

function service(name: string, changes: object = {}): FileDescriptorProto['service'] {
  const made = create(FileDescriptorProtoSchema, {
    service: [{ name, method: [{ name: 'Pay', inputType: '.shop.Order', outputType: '.shop.Receipt', ...changes }] }],
  })
  return made.service
}

/** The files come in any order, and the service need not be the only one of its file. */
it('writes and reads by types of another file', () => {
  const attic = create(FileDescriptorProtoSchema, { service: [{ name: 'Attic' }] }).service
  const till = file({ dependency: ['types.proto'], service: [...attic, ...service('Till')] })
  const method = unaryMethod('shop.Till/Pay', [other(), till, types()])
  expect(method.path).toBe('/shop.Till/Pay')
  expect(Buffer.from(method.encode({ item: 'tea' })).toString('latin1')).toBe('\n\u0003tea')
  expect(method.decode(Buffer.from('\n\u0003two'))).toEqual({ sum: 'two' })
  expect(method.decode(new Uint8Array())).toEqual({ sum: '' })
})

it('has a service without a package too', () => {
  const bare = file({ package: '', dependency: ['types.proto'], service: service('Till') })
  expect(unaryMethod('Till/Pay', [other(), bare, types()]).path).toBe('/Till/Pay')
  expect(() => unaryMethod('shop.Till/Pay', [bare, types()])).toThrow('reflection: the server sends no file with shop.Till')
})

it('knows what a message of any type holds, by the other types of the server', () => {
  const anyType = create(FileDescriptorProtoSchema, {
    ...{ name: 'google/protobuf/any.proto', package: 'google.protobuf', syntax: 'proto3' },
    messageType: [
      {
        name: 'Any',
        field: [
          { ...TEXT, name: 'type_url' },
          { name: 'value', number: 2, type: Type.BYTES, label: Label.OPTIONAL },
        ],
      },
    ],
  })
  const boxed = '.google.protobuf.Any'
  const till = file({
    dependency: ['types.proto', anyType.name],
    service: service('Till', { inputType: boxed, outputType: boxed }),
  })
  const method = unaryMethod('shop.Till/Pay', [till, types(), anyType])
  const body = { '@type': 'type.googleapis.com/shop.Order', item: 'tea' }
  expect(method.decode(method.encode(body))).toEqual(body)
})

it('refuses a body that does not fit, and says why', () => {
  const method = unaryMethod('shop.Till/Pay', [file({ dependency: ['types.proto'], service: service('Till') }), types()])
  const message = expect.stringMatching(/^the body for shop\.Till\/Pay is no shop\.Order: .*count/) as string
  expect(() => method.encode({ count: 2 })).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', message, cause: expect.any(Error) as Error }) as Error,
  )
})

it.each<[string, FileDescriptorProto, string | RegExp]>([
  ['has another method', file({ service: service('Till', { name: 'Sell' }) }), 'there is no method shop.Till/Pay'],
  ['streams', file({ service: service('Till', { serverStreaming: true }) }), 'shop.Till/Pay is no unary method'],
  ['is named otherwise', file({ service: service('Tills') }), 'the server sends no file with shop.Till'],
  ['is of another package', file({ package: 'shops', service: service('Till') }), 'the server sends no file with shop.Till'],
  [
    'names a type that is nowhere',
    file({ service: service('Till', { inputType: '.shop.Lost' }) }),
    /^reflection: its descriptors do not fit together: .*Lost/,
  ],
])('a server whose service %s has no such method', (_what, till, why) => {
  const expected = typeof why === 'string' ? new Unanswered(`reflection: ${why}`) : why
  expect(() => unaryMethod('shop.Till/Pay', [till, types()])).toThrow(expected)
})
