/** Answers of a reflection service, byte by byte, as a server that is not ours would write them. */
import { toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'

/** A field that holds bytes. */
export function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish()
}

export function numberField(number: number, value: number): Uint8Array {
  return new BinaryWriter().tag(number, WireType.Varint).int32(value).finish()
}

/** The list of files in an answer, and whatever else stands in that list. */
export function fileList(files: readonly FileDescriptorProto[], ...beside: readonly Uint8Array[]): Uint8Array {
  return bytesField(
    4,
    Buffer.concat([...files.map((file) => bytesField(1, toBinary(FileDescriptorProtoSchema, file))), ...beside]),
  )
}
