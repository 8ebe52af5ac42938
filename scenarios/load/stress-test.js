// More and more users with next to no pause, far beyond what the system can serve: where does it break, and does it come back?
import { sleep } from 'k6'
import { sendTask } from './lib/task.js'

export const options = {
  stages: [
    { duration: '2m', target: 100 },
    { duration: '2m', target: 500 },
    { duration: '2m', target: 1000 },
    { duration: '2m', target: 2000 },
    { duration: '2m', target: 3000 },
    { duration: '2m', target: 5000 },
    { duration: '5m', target: 5000 },
    { duration: '2m', target: 0 },
  ],
  thresholds: {
    errors: ['rate<0.05'],
    http_req_duration: ['p(95)<2000'],
  },
}

export default function () {
  sendTask({ maxTokens: 50 })
  sleep(0.1)
}
