import { bundleWorkflowCode } from '@temporalio/worker'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * Bundles the workflows as Temporal's sandbox runs them, and writes the code to `file`. Their modules
 * keep no state, so that each is loaded once and not for every workflow anew.
 */
export async function writeWorkflowBundle(workflowsPath: string, file: string): Promise<void> {
  const { code } = await bundleWorkflowCode({ workflowsPath, preloadModules: [workflowsPath], logger: quiet })
  await writeFile(file, code)
}

/** Where the workflows are, beside this file: TypeScript in a checkout, JavaScript once built. */
export const workflowsPath = (): string => path.resolve(__dirname, '../../workflows/index')

/** Where the build puts the bundle. */
export const builtBundlePath = (): string => path.resolve(__dirname, '../../workflow-bundle.js')

const ignore = (): void => undefined
const quiet = {
  log: ignore,
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: (message: string) => process.stderr.write(`${message}\n`),
  error: (message: string) => process.stderr.write(`${message}\n`),
}
