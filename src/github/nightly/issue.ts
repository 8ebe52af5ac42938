/** The nightly's issue: one while it is red, closed when it is green again. */
import { z } from 'zod'
import { ChaosError } from '../../core/errors.ts'
import { AUTHOR, isAuthor, parseAnswer, readAll, unlessStatus, viewerLogin } from '../client/answers.ts'
import {
  decideNightly,
  encodeNightly,
  failuresText,
  parseNightly,
  type NightlyWish,
  type OwnIssue,
  type RedNight,
} from './decision.ts'
import type { Github } from '../client/octokit.ts'
import { settle, type Look } from '../client/settle.ts'

export interface IssuePlace {
  readonly owner: string
  readonly repo: string
  /** Set on the issue and searched for; it is created when the repository has none of that name. */
  readonly label: string
}

export interface NightlyOutcome {
  readonly action: 'opened' | 'updated' | 'closed' | 'kept'
  /** null: there is no issue of ours. */
  readonly url: string | null
  readonly why: string
}

const LABEL_COLOUR = 'b60205'
const LABEL_TEXT = 'The nightly chaos run is red'

const ISSUE = z.object({
  number: z.int().positive(),
  body: z.string().nullish(),
  html_url: z.string(),
  user: AUTHOR.optional(),
  pull_request: z.unknown().optional(),
})

/** Opens, updates or closes. A night that is red as the last one was edits the body and notifies nobody. */
export async function putNightlyIssue(github: Github, place: IssuePlace, wish: NightlyWish): Promise<NightlyOutcome> {
  const nightly = new NightlyIssue(github, place, wish, await viewerLogin(github))
  return settle<OwnIssue, NightlyOutcome>({
    what: `the issues of ${place.owner}/${place.repo} with the label ${place.label}`,
    list: () => nightly.own(),
    idOf: ({ number }) => number,
    act: (own, opened) => nightly.act(own, opened),
  })
}

class NightlyIssue {
  private readonly github: Github
  private readonly place: { readonly owner: string; readonly repo: string }
  private readonly label: string
  private readonly wish: NightlyWish
  private readonly viewer: string

  constructor(github: Github, { label, ...place }: IssuePlace, wish: NightlyWish, viewer: string) {
    this.github = github
    this.place = { owner: place.owner, repo: place.repo }
    this.label = label
    this.wish = wish
    this.viewer = viewer
  }

  async act(own: readonly OwnIssue[], opened: OwnIssue | null): Promise<Look<OwnIssue, NightlyOutcome>> {
    const { red, runUrl } = this.wish
    const decision = decideNightly(own, this.wish)
    if (decision.kind === 'keep') return { outcome: { action: 'kept', url: null, why: decision.why } }
    if (decision.kind === 'close' || red === null) {
      const issues = decision.kind === 'close' ? decision.issues : []
      for (const issue of issues) await this.close(issue, 'completed', `Green again: ${runUrl}`)
      return { outcome: { action: 'closed', url: issues[0]?.url ?? null, why: '' } }
    }
    // The watchdog may have opened one at the same moment.
    if (decision.kind === 'open') return { created: await this.open(red) }
    const { issue } = decision
    for (const other of decision.close) await this.close(other, 'not_planned', `Continued in #${issue.number}.`)
    if (issue.number === opened?.number) return { outcome: { action: 'opened', url: issue.url, why: '' } }
    await this.update(issue, red, decision.tell)
    return { outcome: { action: 'updated', url: issue.url, why: '' } }
  }

  async own(): Promise<OwnIssue[]> {
    const all = await readAll('issues', z.array(ISSUE), (page) =>
      this.github.rest.issues.listForRepo({ ...this.place, labels: this.label, state: 'open', ...page }),
    )
    const own: OwnIssue[] = []
    for (const { number, body, html_url: url, user, pull_request: pull } of all) {
      const marker = parseNightly(body ?? '')
      const ours = pull === undefined && isAuthor(user ?? null, this.viewer) && marker?.key === this.wish.key
      if (ours) own.push({ number, body: body ?? '', url, marker })
    }
    return own
  }

  private async open(red: RedNight): Promise<OwnIssue> {
    await this.ensureLabel()
    const body = this.body(red)
    const { data } = await this.github.rest.issues.create({ ...this.place, title: red.title, body, labels: [this.label] })
    const { number, html_url: url } = parseAnswer('created issue', ISSUE, data)
    const marker = parseNightly(body)
    if (marker === null) throw new ChaosError('INTERNAL', 'the nightly’s own marker cannot be read')
    return { number, url, body, marker }
  }

  /** A label that does not exist may be dropped without a word, and an issue without it would be opened again each night. */
  private async ensureLabel(): Promise<void> {
    const { rest } = this.github
    if (await unlessStatus([404], rest.issues.getLabel({ ...this.place, name: this.label }))) return
    const label = { name: this.label, color: LABEL_COLOUR, description: LABEL_TEXT }
    // 422: somebody has created it since.
    await unlessStatus([422], rest.issues.createLabel({ ...this.place, ...label }))
  }

  private async update(issue: OwnIssue, red: RedNight, tell: boolean): Promise<void> {
    const at = { ...this.place, issue_number: issue.number }
    await this.github.rest.issues.update({ ...at, title: red.title, body: this.body(red) })
    if (!tell) return
    const body = `Other failures than before, in ${this.wish.runUrl}: ${failuresText(red.failures)}.`
    await this.github.rest.issues.createComment({ ...at, body })
  }

  private async close(issue: OwnIssue, reason: 'completed' | 'not_planned', body: string): Promise<void> {
    const at = { ...this.place, issue_number: issue.number }
    await this.github.rest.issues.update({ ...at, state: 'closed', state_reason: reason })
    await this.github.rest.issues.createComment({ ...at, body })
  }

  private body(red: RedNight): string {
    return `${encodeNightly(this.wish, red)}\n${red.text.trimEnd()}\n\nLast red run: ${this.wish.runUrl}\n`
  }
}
