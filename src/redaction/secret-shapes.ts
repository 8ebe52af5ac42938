/**
 * Secrets that are known by their looks, whatever they are called. Each pattern reads a text once: what may repeat ends where
 * the next part begins, so that no text makes one of them try the same characters again and again.
 */
import { isPlainValue, isSecretName } from './secret-names.ts'

export const STARS = '***'

/** Their beginnings say whose they are, and stay. */
const TOKENS =
  /(?<![A-Za-z0-9_])(?:(gh[opsru]_)[A-Za-z0-9_.-]{20,}|(github_pat_)[A-Za-z0-9_]{20,}|(glpat-)[\w-]{20,}|(xox[abeoprs]-|xapp-)[A-Za-z0-9-]{10,}|(npm_)[A-Za-z0-9]{30,}|(pypi-)[\w-]{30,}|(dckr_pat_)[\w-]{20,}|(hf_)[A-Za-z0-9]{30,}|(hvs\.)[\w-]{20,}|([rs]k_(?:live|test)_)[A-Za-z0-9]{16,}|(sk-)[\w-]{20,}|(AIza)[\w-]{30,}|(SG\.)[\w-]{16,}\.[\w-]{16,}|((?:AKIA|ASIA|ABIA|ACCA))[A-Z0-9]{16}(?![A-Za-z0-9])|(?<!-)(eyJ)[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g
const WEBHOOKS = /(hooks\.slack\.com\/(?:services|workflows)\/|discord(?:app)?\.com\/api\/webhooks\/\d{1,30}\/)[\w/-]{10,}/g

/** Everything up to the last @ before a slash or a blank; a password may hold one itself. */
const USERINFO = /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/)([^\s/"'`<>\\]+)@/g

const HEADER =
  /(?<![A-Za-z0-9])((?:proxy-)?authorization|(?:set-)?cookie)["'\\\]]{0,4}[ \t]{0,8}(?:=>|[:=])[ \t]{0,8}([["'\\(]{0,6})/gi
/** With credentials of one word; others have a list of them. */
const ONE_WORD_SCHEME = /(?:bearer|basic|token|negotiate|ntlm|apikey|api-key|key)[ \t]{1,4}/iy
const LIST_SCHEME = /(?:digest|hawk|oauth|aws4-hmac-sha256|signature)[ \t]{1,4}/iy
const WORD = /[^\s"'\\,;&()[\]{}<>]+/y
const COOKIE_NAME = /[^\s=;,"]{1,64}=/y

/** A name, and what stands between it and its value. */
const ASSIGNMENT =
  /(?<![A-Za-z0-9_.]|[A-Za-z0-9_]-)([A-Za-z_][\w.-]{1,120})(["'\\\]]{0,4}[ \t]{0,3}(?:=>|[:=])([ \t]{0,3})(["'\\]{0,4}))/g
/** Names whose value is hidden even when it is a word; those of the others must look drawn. */
const PASSWORD_NAME = /passw|passphrase|secret|_?pwd$/i
const MAY_HOLD_ASSIGNMENT = /token|secret|passw|passphrase|credential|key|auth|pwd/i

/** Of one in quotes. A longer one is taken for one without. */
const LONGEST_VALUE = 8_192

const PEM_BEGIN = '-----BEGIN '
/** Longer than any key. */
const PEM_REGION = 64 * 1024

/** The text with every secret that looks like one starred out. Linear in its length. */
export function redactShapes(text: string): string {
  let redacted = text
  if (redacted.includes(PEM_BEGIN)) redacted = redactPrivateKeys(redacted)
  redacted = redacted.replace(TOKENS, (_match, ...groups: unknown[]) => {
    const prefix = groups.find((group): group is string => typeof group === 'string')
    return `${prefix ?? ''}${STARS}`
  })
  if (redacted.includes('webhooks/') || redacted.includes('hooks.slack')) redacted = redacted.replace(WEBHOOKS, `$1${STARS}`)
  if (redacted.includes('://')) redacted = redacted.replace(USERINFO, userinfo)
  if (/authorization|cookie/i.test(redacted)) redacted = redactHeaders(redacted)
  return MAY_HOLD_ASSIGNMENT.test(redacted) ? redactAssignments(redacted) : redacted
}

function userinfo(whole: string, scheme: string, credentials: string): string {
  const colon = credentials.indexOf(':')
  const user = colon === -1 ? credentials : credentials.slice(0, colon)
  const shownUser = user.length >= 20 && !/[?#=&]/.test(user) ? STARS : user
  if (colon === -1) return shownUser === user ? whole : `${scheme}${STARS}@`
  // `http://host:80@x`: an empty password, or none at all.
  return colon === credentials.length - 1 ? `${scheme}${shownUser}:@` : `${scheme}${shownUser}:${STARS}@`
}

/** Of a text that is put together again from what stays and what is starred out. */
class Pieces {
  readonly text: string
  private readonly parts: string[] = []
  private done = 0

  constructor(text: string) {
    this.text = text
  }

  hide(from: number, to: number): void {
    this.parts.push(this.text.slice(this.done, from), STARS)
    this.done = to
  }

  whole(): string {
    return this.parts.length === 0 ? this.text : [...this.parts, this.text.slice(this.done)].join('')
  }
}

function redactHeaders(text: string): string {
  const pieces = new Pieces(text)
  const header = new RegExp(HEADER)
  for (let match = header.exec(text); match !== null; match = header.exec(text)) {
    const [, name = '', opening = ''] = match
    const isCookie = /cookie$/i.test(name)
    const range = isCookie ? cookieRange(text, header.lastIndex, opening) : credentialRange(text, header.lastIndex, opening)
    if (range === null) continue
    pieces.hide(...range)
    header.lastIndex = range[1]
  }
  return pieces.whole()
}

type Range = readonly [from: number, to: number]

function cookieRange(text: string, at: number, opening: string): Range | null {
  if (endOf(COOKIE_NAME, text, at) === null) return null
  return [at, closeOf(text, at, opening) ?? lineEnd(text, at)]
}

function credentialRange(text: string, at: number, opening: string): Range | null {
  const from = endOf(ONE_WORD_SCHEME, text, at)
  if (from !== null) {
    const to = endOf(WORD, text, from)
    return to === null ? null : [from, to]
  }
  const list = endOf(LIST_SCHEME, text, at)
  // A list has quotes of its own.
  if (list !== null) return [list, lineEnd(text, list)]
  const close = closeOf(text, at, opening)
  if (close !== null) return close - at >= 6 && !isPlainValue(text.slice(at, close)) ? [at, close] : null
  const to = endOf(WORD, text, at)
  return to !== null && looksDrawn(text.slice(at, to)) ? [at, to] : null
}

function redactAssignments(text: string): string {
  const pieces = new Pieces(text)
  const assignment = new RegExp(ASSIGNMENT)
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const [, name = '', , blank = '', quotes = ''] = match
    // Headers have been looked at.
    if (/authorization$/i.test(name) || !isSecretName(name)) continue
    const at = assignment.lastIndex
    const to = closeOf(text, at, quotes) ?? endOf(WORD, text, at)
    if (to === null) continue
    const value = text.slice(at, to)
    // `password: incorrect for user` is a sentence.
    const isSentence = blank !== '' && quotes === '' && to !== text.length && text[to] !== '\n'
    const isPassword = PASSWORD_NAME.test(name) && !isSentence
    const isHidden = isPassword ? value.length >= 6 && !isPlainValue(value) : looksDrawn(value)
    if (!isHidden) continue
    pieces.hide(at, to)
    assignment.lastIndex = to
  }
  return pieces.whole()
}

/** Where the quote or bracket that was opened closes on the same line; null when none was, or it does not. */
function closeOf(text: string, at: number, opening: string): number | null {
  const quote = /["']/.exec(opening)?.[0] ?? (opening.includes('[') ? ']' : null)
  if (quote === null) return null
  const ahead = text.slice(at, at + LONGEST_VALUE)
  const close = ahead.indexOf(quote)
  const value = ahead.slice(0, close)
  if (close === -1 || value.includes('\n')) return null
  // The backslash of an escaped quote belongs to the quote.
  return at + close - (/\\+$/.exec(value.slice(-8))?.[0].length ?? 0)
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

function endOf(sticky: RegExp, text: string, at: number): number | null {
  sticky.lastIndex = at
  return sticky.test(text) ? sticky.lastIndex : null
}

/** Holds no mere words, as a sentence or a constant does: `invalid_signature` is what went wrong with one. */
function looksDrawn(value: string): boolean {
  return value.split(/\s+/).some((word) => {
    if (word.length < 8 || isPlainValue(word)) return false
    if (/\d/.test(word) && /[a-z]/i.test(word)) return true
    return word.length >= 20 && !/^[a-z]+(?:[_.:-]+[a-z]+)+[.!?:]*$/i.test(word)
  })
}

/** Lines of a log may come between those of a key: whatever looks like a piece of one goes, up to its end. */
function redactPrivateKeys(text: string): string {
  const parts: string[] = []
  let done = 0
  for (let begin = text.indexOf(PEM_BEGIN); begin !== -1; begin = text.indexOf(PEM_BEGIN, done)) {
    const label = /^[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?(?=-----)/.exec(text.slice(begin + PEM_BEGIN.length, begin + 100))?.[0]
    const from = begin + PEM_BEGIN.length + (label?.length ?? 0)
    parts.push(text.slice(done, from))
    done = from
    if (label === undefined) continue
    const region = text.slice(from, from + PEM_REGION)
    const end = region.indexOf(`-----END ${label}-----`)
    const body = end === -1 ? region : region.slice(0, end)
    parts.push(body.replace(/[A-Za-z0-9+/=]{16,}/g, STARS))
    done = from + body.length
  }
  return [...parts, text.slice(done)].join('')
}
