/** The standard health service (grpc.health.v1), which needs no reflection. */
import { create } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'
import { unaryMethod } from './method.ts'

const PACKAGE = 'grpc.health.v1'
const STATUS = `.${PACKAGE}.HealthCheckResponse.ServingStatus`
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

const file = create(FileDescriptorProtoSchema, {
  name: 'grpc/health/v1/health.proto',
  package: PACKAGE,
  syntax: 'proto3',
  messageType: [
    { name: 'HealthCheckRequest', field: [{ name: 'service', number: 1, type: Type.STRING, label: Label.OPTIONAL }] },
    {
      name: 'HealthCheckResponse',
      field: [{ name: 'status', number: 1, type: Type.ENUM, typeName: STATUS, label: Label.OPTIONAL }],
      enumType: [{ name: 'ServingStatus', value: STATUSES.map((name, number) => ({ name, number })) }],
    },
  ],
  service: [
    {
      name: 'Health',
      method: [{ name: 'Check', inputType: `.${PACKAGE}.HealthCheckRequest`, outputType: `.${PACKAGE}.HealthCheckResponse` }],
    },
  ],
})

export const healthCheck = unaryMethod(`${PACKAGE}.Health/Check`, [file])

/** Of an answer as JSON: the service is well. */
export const IS_SERVING = "status == 'SERVING'"
