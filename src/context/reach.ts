import { SettingsError } from '../env'
import type { TemporalSettings } from '../temporal/connect'

/** An error of MongoDB's driver in words that say what to set; never the URI, which may hold a password. Others as they are. */
export function explainMongodb(uri: string, error: unknown): unknown {
  const { name = '', message = '', code }: { name?: string; message?: string; code?: unknown } = Object(error)
  if (!name.startsWith('Mongo') && code !== 'ENOENT') return error
  const hosts = uri.replace(/^mongodb(\+srv)?:\/\/([^/?]*@)?/, '').split(/[/?]/)[0] ?? ''
  return new SettingsError(`MongoDB at ${hosts} cannot be used: ${message}. ${mongodbAdvice(message)}`)
}

function mongodbAdvice(message: string): string {
  if (/ENOENT|PEM|key values mismatch/i.test(message)) return 'MONGODB_URI names certificates by tlsCAFile and tlsCertificateKeyFile (certificate and key in one file), both PEM.'
  if (/certificate|altname/i.test(message)) return 'Add to MONGODB_URI tlsCAFile=<file>: the authorities, in PEM form, that vouch for its certificate.'
  if (/closed/.test(message)) return 'It may demand TLS (tls=true in MONGODB_URI), or a client certificate of an authority that it knows (tlsCertificateKeyFile=<file with certificate and key>).'
  if (/authentication/i.test(message)) return 'MONGODB_URI has the wrong user, password or authSource.'
  return 'Does it run, and is MONGODB_URI right?'
}

/** The same of Temporal's. */
export function explainTemporal({ address, tls, apiKey }: TemporalSettings, error: unknown): unknown {
  const { name = '', message = '' }: { name?: string; message?: string } = Object(error)
  if (name !== 'TransportError') return error
  return new SettingsError(`Temporal at ${address} cannot be used: ${temporalAdvice(message, tls, apiKey !== undefined)} It said: ${message}`)
}

function temporalAdvice(message: string, tls: TemporalSettings['tls'], hasKey: boolean): string {
  const isOurs = tls?.cert !== undefined
  const isCut = /close_notify|fatal alert|connection ?reset|broken ?pipe/i.test(message)
  if (/InvalidCertificate/.test(message)) {
    return 'its certificate is not one that Herald can trust. TEMPORAL_TLS_CA names the authorities that vouch for it, TEMPORAL_TLS_SERVER_NAME the name in it, when that is not the one of TEMPORAL_ADDRESS.'
  }
  if (/CertificateRequired/.test(message)) return 'it asks for a client certificate. Set TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY.'
  if (/valid authentication credentials|permission/i.test(message)) return hasKey ? 'it does not take the key in TEMPORAL_API_KEY.' : 'it asks for a key. Set TEMPORAL_API_KEY.'
  if (isOurs && isCut) return 'it does not take the client certificate. Does it know the authority of TEMPORAL_TLS_CERT?'
  // The alert that says so is lost where the connection is closed before it was read.
  if (tls && isCut) return 'it closes the connection: perhaps it asks for a client certificate. Set TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY.'
  if (!tls) return 'does it run, and does it demand TLS? Then set TEMPORAL_TLS=true.'
  return 'does it run, and does it speak TLS?'
}
