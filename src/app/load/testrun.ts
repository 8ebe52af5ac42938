/** Writes what k6-operator needs to run a pattern, and what `merge` needs to judge it. Nothing is sent. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testRunPlanText } from '../../load/merge/testrun-plan.ts'
import { testRunOf } from '../../load/merge/testrun.ts'
import { preparePattern } from '../../load/plan/prepare.ts'
import { K6_ENVIRONMENT, TREND_STATS } from '../../stack/k6/arguments.ts'
import { onlyPattern, openSession, optionsOf, withDeps, type AddressLoadRequest } from './run.ts'
import type { RunUi } from '../run/ui.ts'
import { PLAN_FILE } from './runner-results.ts'

export const TESTRUN_FILE = 'testrun.json'

export interface TestRunFlags {
  readonly name: string
  readonly runners: number
  readonly claim: string
  readonly secret: string | null
  /** For the runners; null: k6's own of the version that packed the script. */
  readonly image: string | null
}

/** @throws BAD_INPUT for a script that k6 cannot pack, or what Kubernetes would refuse. */
export async function writeTestRun(request: AddressLoadRequest, flags: TestRunFlags, ui: RunUi): Promise<void> {
  const pattern = onlyPattern(request)
  const { outDir } = request
  const session = await openSession(request, ui)
  await withDeps(session, async (deps) => {
    const version = await deps.k6.version(ui.signal)
    const { environment, scaled, functions, fingerprint, card } = await preparePattern(
      deps,
      optionsOf(request),
      pattern,
      version,
      ui.signal,
    )
    const folder = await deps.folderFor(pattern.id)
    const name = `chaos-${deps.runId}-k6-archive`
    const packed = { name, file: pattern.script, environment, options: scaled.options, functions, folder }
    const archive = await deps.k6.archive(packed, ui.signal)
    // The variables are secret as far as anybody knows: their values are for the Secret.
    const secrets = new Set(Object.keys(request.variables))
    const plain = Object.entries(environment).filter(([key]) => !secrets.has(key))
    const manifest = testRunOf({
      ...{ name: flags.name, runners: flags.runners, claim: flags.claim, secret: flags.secret, archive },
      image: flags.image ?? `grafana/k6:${version.text}`,
      environment: Object.fromEntries(plain),
      settings: { ...K6_ENVIRONMENT, K6_SUMMARY_TREND_STATS: TREND_STATS },
    })
    const plan = {
      name: flags.name,
      runners: flags.runners,
      fingerprint,
      card: { ...card, k6: { ...card.k6, runsIn: 'k6-operator' } },
    }
    await writeFile(join(outDir, TESTRUN_FILE), `${JSON.stringify(manifest, null, 2)}\n`)
    await writeFile(join(outDir, PLAN_FILE), testRunPlanText(plan))
  })
}
