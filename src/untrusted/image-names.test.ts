import { expect, test } from 'vitest'
import { nameProblem } from './image-names.ts'

test.each(['', 'chaos-0123-web', 'chaos-0123-web:dev'])('%j is of the run’s own', (image) => {
  expect(nameProblem(image, 'chaos-0123')).toBeNull()
})

test.each([
  ...[
    'debian:trixie-slim',
    'node',
    'company/app:latest',
    'registry.example/grafana/k6:2.2.0',
    'localhost/a',
    'app:dev',
    'someone',
  ],
  ...[
    'chaos-action/toolbox:1',
    'chaos-0123',
    'chaos-01234-web',
    'chaos-0123-web/app',
    'chaos-0123-web.example/app',
    'chaos-0123-x:5000/a',
  ],
  ...['chaos-0123-web@sha256:0', '${X}'],
])('%j may be somebody’s', (image) => {
  expect(nameProblem(image, 'chaos-0123')).not.toBeNull()
})

test.each([null, ''])('where the project is not known none is of the run’s own: %j', (project) => {
  expect(nameProblem('-web', project)).not.toBeNull()
  expect(nameProblem('', project)).toBeNull()
})
