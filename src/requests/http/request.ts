import { defineRequest } from '../../kinds/define-request.ts'
import { sendHttp } from './send.ts'
import { askEntry } from './speaks.ts'
import { httpRequestSpec } from './spec.ts'

export const httpRequest = defineRequest({
  kind: 'http',
  protocol: 'HTTP',
  schema: httpRequestSpec,
  http: ({ method, path, headers, body }) => ({ method, path, headers, body }),
  speaks: askEntry,
  sender: (spec) => (options) => sendHttp(spec, options),
})
