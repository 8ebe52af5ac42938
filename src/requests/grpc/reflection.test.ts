import { create } from '@bufbuild/protobuf'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { expect, it } from 'vitest'
import type { GrpcAnswer } from './call.ts'
import { Unanswered } from './connection.ts'
import { bytesField, fileList, numberField } from './reflection.fixture.ts'
import { reflectedMethod, type Ask } from './reflection.ts'

const TILL = create(FileDescriptorProtoSchema, {
  name: 'till.proto',
  package: 'shop',
  syntax: 'proto3',
  dependency: ['order.proto', 'receipt.proto'],
  service: [{ name: 'Till', method: [{ name: 'Pay', inputType: '.shop.Order', outputType: '.shop.Receipt' }] }],
})
const ORDER = create(FileDescriptorProtoSchema, {
  ...{ name: 'order.proto', package: 'shop', syntax: 'proto3', messageType: [{ name: 'Order' }] },
})
const RECEIPT = create(FileDescriptorProtoSchema, {
  ...{ name: 'receipt.proto', package: 'shop', syntax: 'proto3', messageType: [{ name: 'Receipt' }] },
})

/** What is asked for: the number of the field, and its text. */
type Question = readonly [field: number, text: string]

function asked(message: Uint8Array): Question {
  const reader = new BinaryReader(message)
  const [field] = reader.tag()
  return [field, reader.string()]
}

function ok(message: Uint8Array): GrpcAnswer {
  return { code: 'OK', said: '', message: Buffer.from(message), firstByteAtMs: 1 }
}

function filesOf(...files: readonly FileDescriptorProto[]): GrpcAnswer {
  return ok(fileList(files))
}

/** A server that answers with the file that is asked for, and the questions that it got. */
function server(answerTo: (question: Question, path: string) => GrpcAnswer): {
  readonly ask: Ask
  readonly questions: [path: string, ...Question][]
} {
  const questions: [path: string, ...Question][] = []
  return {
    questions,
    ask: (path, message) => {
      const question = asked(message)
      questions.push([path, ...question])
      return Promise.resolve(answerTo(question, path))
    },
  }
}

const V1 = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
const V1ALPHA = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'
const NOT_THERE: GrpcAnswer = { code: 'UNIMPLEMENTED', said: '', message: null, firstByteAtMs: null }

it('asks for the files that are missing, one after the other, in the version that the server has', async () => {
  const files = [TILL, ORDER, RECEIPT]
  const { ask, questions } = server(([number, text], path) => {
    if (path === V1) return NOT_THERE
    return filesOf(...files.filter(({ name }) => name === (number === 4 ? 'till.proto' : text)))
  })
  const method = await reflectedMethod('shop.Till/Pay', ask)
  expect(method.path).toBe('/shop.Till/Pay')
  expect(method.decode(method.encode({}))).toEqual({})
  expect(questions).toEqual([
    [V1, 4, 'shop.Till'],
    [V1ALPHA, 4, 'shop.Till'],
    [V1ALPHA, 3, 'order.proto'],
    [V1ALPHA, 3, 'receipt.proto'],
  ])
})

it('asks for nothing more when one answer has all files, whatever stands beside them', async () => {
  const beside = Buffer.concat([
    numberField(9, 7),
    // Of a response, 1 is the host, and 2 what was asked for; of a list of files 2 is not known.
    bytesField(1, bytesField(1, Buffer.from('?'))),
    bytesField(2, bytesField(4, Buffer.from('shop.Till'))),
  ])
  const list = fileList([TILL, ORDER, RECEIPT], bytesField(2, Buffer.from('?')))
  const { ask, questions } = server(() => ok(Buffer.concat([beside, list])))
  await reflectedMethod('shop.Till/Pay', ask)
  expect(questions).toEqual([[V1, 4, 'shop.Till']])
})

/** A chain of files, each of which needs the next one, the last nothing. */
function chain(length: number): (question: Question) => GrpcAnswer {
  return ([number, text]) => {
    const at = number === 4 ? 0 : Number(text)
    const dependency = at + 1 < length ? [String(at + 1)] : []
    if (at === 0) return filesOf(create(FileDescriptorProtoSchema, { ...TILL, name: '0', dependency: [...dependency, 'all'] }))
    return filesOf(create(FileDescriptorProtoSchema, { name: text, dependency }))
  }
}

it('looks at 500 files at most', async () => {
  const types = create(FileDescriptorProtoSchema, {
    ...{ name: 'all', package: 'shop', syntax: 'proto3', messageType: [{ name: 'Order' }, { name: 'Receipt' }] },
  })
  const of = (length: number): ReturnType<typeof server> => {
    const links = chain(length)
    return server((question) => (question[1] === 'all' ? filesOf(types) : links(question)))
  }
  const most = of(499)
  expect((await reflectedMethod('shop.Till/Pay', most.ask)).path).toBe('/shop.Till/Pay')
  expect(most.questions).toHaveLength(500)
  const more = of(500)
  await expect(reflectedMethod('shop.Till/Pay', more.ask)).rejects.toThrow('reflection: shop.Till/Pay needs over 500 files')
  expect(more.questions).toHaveLength(500)
})

function error(...parts: readonly Uint8Array[]): GrpcAnswer {
  return ok(bytesField(7, Buffer.concat(parts)))
}

const CODE_5 = numberField(1, 5)
const TEXT = bytesField(2, Buffer.from('no such symbol '))

it.each<[string, string, GrpcAnswer]>([
  ['no file of the service', 'the server sends no file with shop.Till', filesOf(ORDER)],
  ['nothing', 'the server sends no file with shop.Till', ok(Buffer.alloc(0))],
  ['another code', 'code INTERNAL', { code: 'INTERNAL', said: 'oh', message: null, firstByteAtMs: null }],
  ['another code, and files', 'code INTERNAL', { ...filesOf(TILL, ORDER, RECEIPT), code: 'INTERNAL' }],
  ['an error', 'NOT_FOUND no such symbol', error(CODE_5, TEXT)],
  ['an error without a code', 'UNKNOWN no such symbol', error(TEXT)],
  ['an error without a text', 'NOT_FOUND', error(CODE_5)],
  ['an empty error', 'UNKNOWN', error()],
  ['an error of a code that nobody knows', 'UNKNOWN', error(numberField(1, 99))],
  [
    'an error with fields of other numbers and types',
    'NOT_FOUND no such symbol',
    error(
      ...[
        CODE_5,
        TEXT,
        bytesField(1, Buffer.from([8])),
        numberField(2, 3),
        bytesField(3, Buffer.from('more')),
        numberField(3, 7),
      ],
    ),
  ],
  ['a long error', `NOT_FOUND ${'x'.repeat(190)}`, error(CODE_5, bytesField(2, Buffer.from('x'.repeat(500))))],
])('who answers with %s has not told how its messages are written: %s', async (_what, why, answer) => {
  const refused = await reflectedMethod('shop.Till/Pay', server(() => answer).ask).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Unanswered)
  expect((refused as Error).message).toBe(`reflection: ${why}`)
})

it.each<[string, string, GrpcAnswer]>([
  ['another file', 'the server does not send the file order.proto', filesOf(RECEIPT)],
  ['an error', 'NOT_FOUND', error(CODE_5)],
])('who answers with %s for a file that is missing is not asked for ever: %s', async (_what, why, answer) => {
  const { ask, questions } = server(([number]) => (number === 4 ? filesOf(TILL) : answer))
  await expect(reflectedMethod('shop.Till/Pay', ask)).rejects.toThrow(new Unanswered(`reflection: ${why}`))
  expect(questions).toHaveLength(2)
})

it('bounds the name of a file that it does not get', async () => {
  const needy = create(FileDescriptorProtoSchema, { ...TILL, dependency: ['x'.repeat(300)] })
  const { ask } = server(([number]) => filesOf(number === 4 ? needy : ORDER))
  const why = `reflection: the server does not send the file ${'x'.repeat(100)}`
  await expect(reflectedMethod('shop.Till/Pay', ask)).rejects.toThrow(new Unanswered(why))
})

it.each([
  ['a field without an end', ok(Buffer.from([0x22, 0x7f]))],
  ['a file that is none', ok(bytesField(4, bytesField(1, Buffer.from([0xff]))))],
])('%s cannot be read', async (_what, answer) => {
  const refused = await reflectedMethod('shop.Till/Pay', server(() => answer).ask).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Unanswered)
  expect((refused as Error).message).toMatch(/^reflection: the answer cannot be read: /)
})

it('says so where there is no reflection', async () => {
  const { ask, questions } = server(() => NOT_THERE)
  await expect(reflectedMethod('shop.Till/Pay', ask)).rejects.toThrow(new Unanswered('reflection: the server offers none'))
  expect(questions.map(([path]) => path)).toEqual([V1, V1ALPHA])
})
