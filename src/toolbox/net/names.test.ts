import { describe, expect, it } from 'vitest'
import { TOOLBOX_ALL_OBJECTS } from '../../core/toolbox.ts'
import { isOurs, objectNames, TRIAL_INTERFACE } from './names.ts'

describe('object names', () => {
  it('fit where the kernel and iptables are narrow', () => {
    expect(objectNames('0123456789ab').chain('l').length).toBeLessThanOrEqual(28)
    expect(`${TRIAL_INTERFACE}p`.length).toBeLessThanOrEqual(15)
    expect(isOurs(TRIAL_INTERFACE)).toBe(true)
    expect(() => objectNames('0123456789ab').chain('loss')).toThrow('one letter')
  })

  it.each(['', 'A', 'a b', 'a;b', '0123456789abc'])('refuse the word %j', (word) => {
    expect(() => objectNames(word)).toThrow('1 to 12')
  })

  it('tell our own from those of other helpers and from strangers', () => {
    const { table, isOwn } = objectNames('aaa')
    expect([table('loss'), objectNames('bbb').table('loss'), 'filter'].map(isOwn)).toEqual([true, false, false])
    const all = objectNames(TOOLBOX_ALL_OBJECTS)
    expect([table('loss'), 'filter', 'chaos_actionx'].map(all.isOwn)).toEqual([true, false, false])
  })
})
