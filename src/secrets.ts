import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SettingsError, type Env } from './env'

export interface Secrets {
  adminKey: string
  encryptionKey: Buffer
  /** Made now, so that it is shown once. */
  adminKeyIsNew: boolean
  adminKeyFile?: string
}

/**
 * The admin key and the key that seals credentials: from the settings, or, where this machine keeps
 * the data, made at the first start and kept in the data directory with mode 0600.
 */
export async function loadSecrets(env: Env, { mayCreate }: { mayCreate: boolean }): Promise<Secrets> {
  const [adminKey, encryptionKey] = [env.HERALD_ADMIN_KEY, env.HERALD_ENCRYPTION_KEY]
  if (adminKey !== undefined && encryptionKey !== undefined) {
    return { adminKey, encryptionKey, adminKeyIsNew: false }
  }
  if (!mayCreate) throw missing(adminKey === undefined ? 'HERALD_ADMIN_KEY' : 'HERALD_ENCRYPTION_KEY')
  const adminKeyFile = path.join(env.HERALD_DATA_DIR, 'admin-key')
  const made = await kept(adminKeyFile, () => `herald_admin_${randomBytes(32).toString('base64url')}`)
  const sealing = await kept(path.join(env.HERALD_DATA_DIR, 'encryption-key'), () => randomBytes(32).toString('base64'))
  return {
    adminKey: adminKey ?? made.value,
    encryptionKey: encryptionKey ?? Buffer.from(sealing.value, 'base64'),
    adminKeyIsNew: adminKey === undefined && made.isNew,
    ...(adminKey === undefined && { adminKeyFile }),
  }
}

const missing = (name: string): SettingsError =>
  new SettingsError(`${name} must be set when MongoDB and Temporal are not Herald's own, and the same in every process: make one with \`openssl rand -base64 32\``)

async function kept(file: string, make: () => string): Promise<{ value: string; isNew: boolean }> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  try {
    // `wx`: of two first starts, one makes it and the other reads it.
    const value = make()
    await writeFile(file, `${value}\n`, { mode: 0o600, flag: 'wx' })
    return { value, isNew: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { value: (await readFile(file, 'utf8')).trim(), isNew: false }
  }
}
