import { describe, expect, it } from 'vitest'
import { connectionsFor, expectedShare, shareMisfit } from './share.ts'

describe('the share of connections that a toxic hits', () => {
  it.each([
    [1, 1, 1],
    [1, 2, 1],
    [0.5, 1, 0.5],
    [0.5, 2, 0.75],
    [0, 2, 0],
  ])('with a toxicity of %d on %d streams is %d', (toxicity, streams, share) => {
    expect(expectedShare(toxicity, streams)).toBe(share)
  })

  it.each([
    [1, 8, 8],
    [0.9, 8, 20],
    [0.9, 40, 40],
    [0.25, 8, 24],
    [0.1, 8, 60],
    [0.05, 8, 60],
    [0, 8, 60],
  ])('%d of them needs, where %s would do for all, %d connections', (share, atLeast, connections) => {
    expect(connectionsFor(share, atLeast)).toBe(connections)
  })

  it.each([
    [20, 20, 1],
    [3, 20, 0.5],
    [17, 20, 0.5],
    [1, 60, 0.01],
    // Just as far from eight as three sigma and one allow.
    [15, 16, 0.5],
    [1, 16, 0.5],
  ])('fits: %d of %d, expected %d', (bitten, total, share) => {
    expect(shareMisfit(bitten, total, share)).toBeNull()
  })

  it.each([
    [0, 0, 1, 'no connection was tried'],
    [19, 20, 1, '19 of 20 connections were hit, expected all'],
    [2, 20, 0.5, '2 of 20 connections were hit, expected about 50 %'],
    [16, 16, 0.5, '16 of 16 connections were hit, expected about 50 %'],
    [18, 20, 0.5, '18 of 20 connections were hit, expected about 50 %'],
    [0, 60, 0.01, '0 of 60 connections were hit'],
    [1, 60, 0, '1 of 60 connections were hit, and a toxicity of 0 hits none'],
    [0, 60, 0, '0 of 60 connections were hit, and a toxicity of 0 hits none'],
  ])('does not fit: %d of %d, expected %d', (bitten, total, share, why) => {
    expect(shareMisfit(bitten, total, share)).toBe(why)
  })
})
