// A working day of inference: users come in three waves, stay for ten minutes, and leave.
import { sleep } from 'k6'
import { between, sendTask } from './lib/task.js'

export const options = {
  stages: [
    { duration: '1m', target: 100 },
    { duration: '2m', target: 500 },
    { duration: '2m', target: 1000 },
    { duration: '10m', target: 1000 },
    { duration: '1m', target: 0 },
  ],
  thresholds: {
    errors: ['rate<0.01'],
    http_req_failed: ['rate<0.01'],
    http_req_duration: ['p(95)<500', 'p(99)<1000'],
  },
}

export default function () {
  sendTask({ maxTokens: 100 })
  sleep(between(0.5, 2))
}
