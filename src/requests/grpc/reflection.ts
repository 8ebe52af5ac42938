/** Asks a server by reflection (grpc.reflection.v1, else v1alpha) how the messages of a method are written. */
import { fromBinary } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { describeError } from '../../core/errors.ts'
import { GRPC_CODES } from '../../kinds/grpc-codes.ts'
import type { GrpcAnswer } from './call.ts'
import { Unanswered } from './connection.ts'
import { serviceOf, unaryMethod, type UnaryMethod } from './method.ts'

/** Sends one message to a method of the server. */
export type Ask = (path: string, message: Uint8Array) => Promise<GrpcAnswer>

const VERSIONS = ['v1', 'v1alpha']
/** A method that needs more files than this is not looked at. */
const MOST_FILES = 500
/** Numbers of the fields of ServerReflectionRequest. */
const FILE_BY_NAME = 3
const FILE_OF_SYMBOL = 4

/** @throws Unanswered where the server has no reflection, does not know the method, or tells what cannot be read. */
export async function reflectedMethod(name: string, ask: Ask): Promise<UnaryMethod> {
  const { path, answer } = await firstAnswer(question(FILE_OF_SYMBOL, serviceOf(name)), ask)
  const files = new Map<string, FileDescriptorProto>()
  add(files, answer)
  // A server may leave out what the file builds on, and send it when it is asked for.
  for (let missing = missingOf(files); missing !== null; missing = missingOf(files)) {
    if (files.size >= MOST_FILES) throw new Unanswered(`reflection: ${name} needs over ${MOST_FILES} files`)
    add(files, await ask(path, question(FILE_BY_NAME, missing)))
    if (!files.has(missing)) throw new Unanswered(`reflection: the server does not send the file ${missing.slice(0, 100)}`)
  }
  return unaryMethod(name, [...files.values()])
}

async function firstAnswer(message: Uint8Array, ask: Ask): Promise<{ readonly path: string; readonly answer: GrpcAnswer }> {
  for (const version of VERSIONS) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    const answer = await ask(path, message)
    if (answer.code !== 'UNIMPLEMENTED') return { path, answer }
  }
  throw new Unanswered('reflection: the server offers none')
}

function question(field: number, text: string): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).string(text).finish()
}

function add(files: Map<string, FileDescriptorProto>, { code, message }: GrpcAnswer): void {
  if (code !== 'OK' || message === null) throw new Unanswered(`reflection: code ${code}`)
  try {
    for (const bytes of filesIn(message)) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes)
      files.set(file.name, file)
    }
  } catch (error) {
    if (error instanceof Unanswered) throw error
    throw new Unanswered(`reflection: the answer cannot be read: ${describeError(error, 200)}`)
  }
}

/** Of a ServerReflectionResponse: 4 is a list of files, 7 an error. */
function filesIn(message: Uint8Array): Uint8Array[] {
  const fields = fieldsOf(message)
  const error = fields.find(({ field }) => field === 7)
  if (error !== undefined) throw new Unanswered(`reflection: ${errorText(error.bytes)}`)
  const lists = fields.filter(({ field }) => field === 4)
  return lists.flatMap(({ bytes }) => fieldsOf(bytes)).flatMap(({ field, bytes }) => (field === 1 ? [bytes] : []))
}

/** Of an ErrorResponse: 1 is a code, 2 a text. */
function errorText(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes)
  let code = 'UNKNOWN'
  let text = ''
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === 1 && type === WireType.Varint) code = GRPC_CODES[reader.int32()] ?? 'UNKNOWN'
    else if (field === 2 && type === WireType.LengthDelimited) text = reader.string()
    else reader.skip(type, field)
  }
  return `${code} ${text}`.trim().slice(0, 200)
}

/** Those that hold bytes: texts and messages. */
function fieldsOf(message: Uint8Array): { readonly field: number; readonly bytes: Uint8Array }[] {
  const reader = new BinaryReader(message)
  const fields: { field: number; bytes: Uint8Array }[] = []
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (type === WireType.LengthDelimited) fields.push({ field, bytes: reader.bytes() })
    else reader.skip(type, field)
  }
  return fields
}

function missingOf(files: ReadonlyMap<string, FileDescriptorProto>): string | null {
  for (const { dependency } of files.values()) {
    const missing = dependency.find((name) => !files.has(name))
    if (missing !== undefined) return missing
  }
  return null
}
