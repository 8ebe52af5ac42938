import { create } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { expect, it } from 'vitest'
import { completeFiles } from './completed.ts'

function shop(): FileDescriptorProto[] {
  const money = create(FileDescriptorProtoSchema, { name: 'money', package: 'shop', messageType: [{ name: 'Money' }] })
  const bare = create(FileDescriptorProtoSchema, { name: 'bare', messageType: [{ name: 'Bare' }], enumType: [{ name: 'Kind' }] })
  const till = create(FileDescriptorProtoSchema, {
    name: 'till',
    package: 'shop',
    messageType: [
      {
        name: 'Receipt',
        field: [
          { name: 'total_sum', typeName: 'Money' },
          { name: 'line', typeName: 'Line', jsonName: 'own' },
          { name: 'kind', typeName: 'Kind' },
          { name: 'lost', typeName: 'Lost' },
          { name: 'done', typeName: '.shop.Money' },
        ],
        nestedType: [{ name: 'Line', field: [{ name: 'of', typeName: 'Money' }], nestedType: [{ name: 'Money' }] }],
      },
    ],
    service: [{ name: 'Till', method: [{ name: 'Pay', inputType: 'Receipt', outputType: 'Bare' }] }],
  })
  return [money, bare, till]
}

it('names types in full, from the innermost scope outwards, and imports where they stand', () => {
  const files = shop()
  completeFiles(files)
  const till = files.at(-1)
  const [receipt] = till?.messageType ?? []
  expect(receipt?.field.map(({ typeName }) => typeName)).toEqual([
    '.shop.Money',
    '.shop.Receipt.Line',
    '.Kind',
    'Lost',
    '.shop.Money',
  ])
  expect(receipt?.field.map(({ jsonName }) => jsonName)).toEqual(['totalSum', 'own', 'kind', 'lost', 'done'])
  expect(receipt?.nestedType[0]?.field[0]?.typeName).toBe('.shop.Receipt.Line.Money')
  expect(till?.service[0]?.method[0]).toMatchObject({ inputType: '.shop.Receipt', outputType: '.Bare' })
  expect(till?.dependency).toEqual(['money', 'bare'])
})

it('changes nothing any more', () => {
  const files = shop()
  completeFiles(files)
  const once = structuredClone(files)
  completeFiles(files)
  expect(files).toEqual(once)
})

it('writes names of fields in JSON as protoc does', () => {
  const names = ['total__sum', '_of', 'item_', 'a_1', 'plain']
  const file = create(FileDescriptorProtoSchema, { messageType: [{ name: 'Receipt', field: names.map((name) => ({ name })) }] })
  completeFiles([file])
  const [receipt] = file.messageType
  expect(receipt?.field.map(({ jsonName }) => jsonName)).toEqual(['totalSum', 'Of', 'item', 'a1', 'plain'])
  expect(receipt?.field.map(({ typeName }) => typeName)).toEqual(['', '', '', '', ''])
})

it('leaves a name in full as it is, though the innermost scope has one that ends like it', () => {
  const file = create(FileDescriptorProtoSchema, {
    name: 'till',
    package: 'shop',
    messageType: [
      {
        name: 'Receipt',
        field: [
          { name: 'sum', typeName: '.shop.Money' },
          { name: 'kind', typeName: 'Kind' },
        ],
        nestedType: [{ name: '.shop.Money' }],
        enumType: [{ name: 'Kind' }],
      },
      { name: 'Money' },
    ],
    enumType: [{ name: 'Kind' }],
  })
  completeFiles([file])
  expect(file.messageType[0]?.field.map(({ typeName }) => typeName)).toEqual(['.shop.Money', '.shop.Receipt.Kind'])
})

it('finds what stands within a message of a file without a package', () => {
  const file = create(FileDescriptorProtoSchema, {
    messageType: [{ name: 'Receipt', field: [{ name: 'line', typeName: 'Line' }], nestedType: [{ name: 'Line' }] }],
  })
  completeFiles([file])
  expect(file.messageType[0]?.field[0]?.typeName).toBe('.Receipt.Line')
})
