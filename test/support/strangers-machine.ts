/** A machine and a workspace, /work, as what judges the stacks of strangers sees them. */
import { posix } from 'node:path'
import type { DangerOptions } from '../../src/untrusted/ground.ts'
import { interfaceRanges } from '../../src/untrusted/used-ranges.ts'

const LINKS: Readonly<Record<string, string>> = {
  '/work/etc-link': '/etc',
  '/work/git-link': '/work/.git/hooks',
  '/work/sock-link': '/run/docker.sock',
  '/work/Dockerfile-link': '/etc/passwd',
  '/work/Dockerfile-inner-link': '/work/evil/Dockerfile',
  '/var/run': '/run',
}

const GIT = ['/work/.git', '/work/nested/deep/.git']

const FILES: Readonly<Record<string, string>> = {
  '/work/.git/config': '[core]\n[remote "origin"]\n\turl = https://github.com/octo/shop\n',
  '/work/evil/Dockerfile': 'FROM scratch\nADD http://127.0.0.1/x /x\n',
}

export const MACHINE: DangerOptions = {
  workspace: '/work',
  kept: ['/work/results/latest', '/work/.chaos-action'],
  withheld: new Map([['NPM_TOKEN', 'host-value']]),
  realpath(path) {
    const whole = posix.resolve(path)
    for (const [link, target] of Object.entries(LINKS))
      if (whole === link || whole.startsWith(`${link}/`)) return posix.join(target, whole.slice(link.length))
    return whole
  },
  gitFolders: (folder) => ({ found: GIT.filter((git) => git.startsWith(`${folder}/`)), isWhole: folder !== '/work/huge' }),
  plainFile: (path) => FILES[path] ?? (posix.basename(path) === 'Dockerfile' ? 'FROM node:24\n' : null),
  usedRanges: interfaceRanges({ eth0: [{ cidr: '10.1.2.3/24' }, { cidr: 'fd00:1::5/64' }] }),
}
