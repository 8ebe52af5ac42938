import { describe, expect, it } from 'vitest'
import { UndoStack } from './undo-stack.ts'

describe('UndoStack', () => {
  it('undoes newest first, once', async () => {
    const stack = new UndoStack()
    for (const name of ['a', 'b'])
      await stack.install(
        name,
        () => Promise.resolve([name]),
        () => Promise.resolve(),
      )
    expect(await stack.undoAll()).toEqual(['b', 'a'])
    expect(await stack.undoAll()).toEqual([])
  })

  it('removes what a failed install left, and reports the failure', async () => {
    const stack = new UndoStack()
    const undone: string[] = []
    const undo = (): Promise<string[]> => {
      undone.push('half')
      return Promise.resolve([])
    }
    await expect(stack.install('half', undo, () => Promise.reject(new Error('no such kernel module')))).rejects.toThrow(
      'no such kernel module',
    )
    expect(undone).toEqual(['half'])
    expect(await stack.undoAll()).toEqual([])
  })

  it('keeps what could not be undone and undoes the rest', async () => {
    const stack = new UndoStack()
    let broken = true
    await stack.install(
      'ok',
      () => Promise.resolve(['ok']),
      () => Promise.resolve(),
    )
    await stack.install(
      'stuck',
      () => (broken ? Promise.reject(new Error('busy')) : Promise.resolve(['stuck'])),
      () => Promise.resolve(),
    )
    await expect(stack.undoAll()).rejects.toThrow('could not undo stuck: busy')
    broken = false
    expect(await stack.undoAll()).toEqual(['stuck'])
  })

  it('refuses a second of the same name and leaves the first alone', async () => {
    const stack = new UndoStack()
    const install = (): Promise<void> =>
      stack.install(
        'loss',
        () => Promise.resolve(['loss']),
        () => Promise.resolve(),
      )
    await install()
    await expect(install()).rejects.toThrow('loss is already installed')
    expect(await stack.undoAll()).toEqual(['loss'])
    await install()
  })

  it('waits for an install in progress before undoing', async () => {
    const stack = new UndoStack()
    const order: string[] = []
    const installing = stack.install(
      'slow',
      () => {
        order.push('undone')
        return Promise.resolve(['slow'])
      },
      async () => {
        await new Promise((resolve) => setImmediate(resolve))
        order.push('installed')
      },
    )
    expect(await stack.undoAll()).toEqual(['slow'])
    await installing
    expect(order).toEqual(['installed', 'undone'])
  })
})
