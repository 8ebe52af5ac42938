// Two sudden crowds, twenty and thirty times the usual, each gone after a minute: what is left of the answers, and for how long?
import { sleep } from 'k6'
import { between, sendTask } from './lib/task.js'

export const options = {
  stages: [
    { duration: '1m', target: 100 },
    { duration: '10s', target: 2000 },
    { duration: '1m', target: 2000 },
    { duration: '10s', target: 100 },
    { duration: '1m', target: 100 },
    { duration: '10s', target: 3000 },
    { duration: '1m', target: 3000 },
    { duration: '1m', target: 0 },
  ],
  thresholds: {
    errors: ['rate<0.02'],
    http_req_duration: ['p(95)<1000'],
  },
}

export default function () {
  sendTask({ maxTokens: 50 })
  sleep(between(0, 2))
}
