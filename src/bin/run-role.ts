import { configFrom } from '../config'
import { readEnv, SettingsError, type Env } from '../env'
import { startHerald, type Role } from '../herald'
import { createLogger } from '../logger'
import { loadSecrets } from '../secrets'
import { builtBundlePath } from '../temporal/bundle'
import { installTemporalRuntime } from '../temporal/runtime'
import { stopSignal } from './stop-signal'

/** One role of Herald against servers that somebody else runs: production's shape. */
export async function runRole(role: Role): Promise<void> {
  const stopped = stopSignal()
  const env = readEnv()
  const servers = {
    mongodbUri: required(env, 'MONGODB_URI'),
    temporalAddress: required(env, 'TEMPORAL_ADDRESS'),
    ports: [],
    embedded: false,
  }
  const secrets = await loadSecrets(env, { mayCreate: false })
  const logger = createLogger(env.LOG_LEVEL)
  installTemporalRuntime(logger)
  const herald = await startHerald(configFrom(env, secrets, servers, builtBundlePath()), logger, role)
  // As servers do on this signal; without TLS it ends the process, as ever.
  if (herald.context.config.http.tls) process.on('SIGHUP', herald.renewCertificate)
  logger.info({ role, url: herald.url, ...(herald.opsUrl !== undefined && { opsUrl: herald.opsUrl }) }, 'ready')
  await Promise.race([stopped, herald.broken])
  logger.info({ role }, 'stopping')
  await herald.stop()
}

function required(env: Env, name: 'MONGODB_URI' | 'TEMPORAL_ADDRESS'): string {
  const value = env[name]
  if (value === undefined) throw new SettingsError(`${name} must be set: this command starts no servers. \`herald start\` does.`)
  return value
}
