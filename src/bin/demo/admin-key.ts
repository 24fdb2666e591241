import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Env } from '../../env'
import { DemoError } from './demo-error'

export interface AdminKey {
  key: string
  /** How a person writes it in a shell. */
  inShell: string
}

/** Of the Herald that `npm start` runs on this machine, or the one that the settings name. */
export async function readAdminKey(env: Pick<Env, 'HERALD_ADMIN_KEY' | 'HERALD_DATA_DIR'>): Promise<AdminKey> {
  if (env.HERALD_ADMIN_KEY !== undefined) return { key: env.HERALD_ADMIN_KEY, inShell: '$HERALD_ADMIN_KEY' }
  const file = path.join(env.HERALD_DATA_DIR, 'admin-key')
  try {
    return { key: (await readFile(file, 'utf8')).trim(), inShell: `$(cat ${file})` }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new DemoError(
      `The admin key cannot be read from ${path.resolve(file)} (${code}): run the demo in the folder where \`npm start\` runs, or set HERALD_ADMIN_KEY or HERALD_DATA_DIR as they are there.`,
    )
  }
}
