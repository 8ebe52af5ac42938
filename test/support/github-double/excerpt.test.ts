import { expect, test } from 'vitest'
import { excerptOf } from './excerpt.ts'
import type { Node } from './json-schema.ts'
import { githubOpenApi } from './openapi.ts'
import { OPERATIONS } from './operations.ts'

const ref = (to: string): Node => ({ $ref: `#/components/${to}` })

const DOCUMENT = {
  openapi: '3.0.3',
  info: { title: 'T' },
  tags: [{ name: 'left' }],
  paths: {
    '/a': {
      get: { operationId: 'a/get', parameters: [ref('parameters/one')], responses: { 200: { example: { big: 1 } } } },
      post: { operationId: 'a/post', requestBody: { schema: ref('schemas/unwanted') } },
    },
    '/b': { delete: { operationId: 'b/delete', responses: { 200: { schema: ref('schemas/tree') } } } },
  },
  components: {
    parameters: { one: { name: 'one', schema: ref('schemas/leaf') } },
    schemas: {
      leaf: { type: 'string', examples: ['x'] },
      tree: { properties: { example: ref('schemas/leaf'), children: { items: ref('schemas/tree') } } },
      unwanted: { type: 'null' },
    },
  },
}

test('has the operations asked for, and what they refer to, however far', () => {
  expect(excerptOf(DOCUMENT, ['a/get', 'b/delete'])).toEqual({
    openapi: '3.0.3',
    info: { title: 'T' },
    paths: {
      '/a': { get: { operationId: 'a/get', parameters: [ref('parameters/one')], responses: { 200: {} } } },
      '/b': { delete: { operationId: 'b/delete', responses: { 200: { schema: ref('schemas/tree') } } } },
    },
    components: {
      parameters: { one: { name: 'one', schema: ref('schemas/leaf') } },
      schemas: { leaf: { type: 'string' }, tree: DOCUMENT.components.schemas.tree },
    },
  })
})

test('refuses an operation that is not there, and a reference to nothing', () => {
  expect(() => excerptOf(DOCUMENT, ['a/get', 'c/get'])).toThrow('the document has no operation c/get')
  const shared = { ...DOCUMENT, paths: { '/a': { ...DOCUMENT.paths['/a'], parameters: [] } } }
  expect(() => excerptOf(shared, ['a/get'])).toThrow('/a has parameters for all its operations')
  const broken = { ...DOCUMENT, components: {} }
  expect(() => excerptOf(broken, ['a/get'])).toThrow('the document has nothing at #/components/parameters/one')
})

test('of GitHub holds every operation of the double', () => {
  for (const id of Object.keys(OPERATIONS)) expect(githubOpenApi().operation(id).path).toMatch(/^\/repos\//)
})
