import { defineEntry } from '../../kinds/define-entry.ts'
import { oneOf, serviceName } from '../../kinds/schema-kit.ts'
import { countSchema, toCount } from '../shared/entry-keys.ts'
import { containerAction } from './fault.ts'
import { CONTAINER_ACTIONS } from './judge.ts'

export const actionEntry = defineEntry({
  group: 'action',
  key: 'action',
  way: 'target + action',
  keys: {
    action: oneOf(CONTAINER_ACTIONS, 'What the daemon is asked to do with the container'),
    target: serviceName('The service whose container it is'),
    count: countSchema.optional(),
  },
  request: ({ target, action, count }, missing) => containerAction.request({ target, action, count: toCount(count) }, missing),
  docs: { what: '`stop`, `pause` or `restart` by the daemon' },
})
