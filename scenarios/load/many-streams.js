// A thousand conversations at once, each answer streamed for ten seconds: are all of them whole?
import { streamTask } from './lib/task.js'

export const options = {
  stages: [
    { duration: '20s', target: 1010 },
    { duration: '2m', target: 1010 },
    { duration: '15s', target: 0 },
  ],
}

export default function () {
  streamTask({ maxTokens: 5000 })
}
