import { defineRequest } from '../../kinds/define-request.ts'
import { httpSender } from './send.ts'
import { askEntry } from './speaks.ts'
import { httpRequestSpec } from './spec.ts'
import { asksFor } from './job.ts'
import { onceRequest, plainRequest } from './turn.ts'

export const httpRequest = defineRequest({
  kind: 'http',
  protocol: 'HTTP',
  schema: httpRequestSpec,
  http: plainRequest,
  httpOnce: onceRequest,
  asksFor,
  speaks: askEntry,
  sender: httpSender,
})
