import { Client } from '@temporalio/client'
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker'
import { createPayloadCodec } from './payload-codec'

export interface TemporalSettings {
  address: string
  namespace: string
  taskQueue: string
  apiKey?: string
  /** PEM texts; an empty object asks for TLS with the system's authorities. */
  tls?: { ca?: string; cert?: string; key?: string; serverName?: string }
  /** Opens the bodies of events that services put into their own starts. */
  payloadKey?: Buffer
}

export interface TemporalConnection {
  connection: NativeConnection
  client: Client
  close: () => Promise<void>
}

/** Client and workers share one connection: that is what makes eager starts possible. */
export async function connectTemporal(settings: TemporalSettings): Promise<TemporalConnection> {
  const { address, namespace, apiKey, payloadKey } = settings
  const connection = await NativeConnection.connect({ address, ...(apiKey && { apiKey }), ...tlsOf(settings) })
  const client = new Client({ connection, namespace, dataConverter: dataConverter(payloadKey) })
  return { connection, client, close: () => connection.close() }
}

export const dataConverter = (payloadKey: Buffer | undefined) => ({
  payloadCodecs: payloadKey ? [createPayloadCodec(payloadKey, { encode: false })] : [],
})

function tlsOf({ tls }: TemporalSettings): Pick<NativeConnectionOptions, 'tls'> {
  if (!tls) return {}
  const { ca, cert, key, serverName } = tls
  return {
    tls: {
      ...(serverName && { serverNameOverride: serverName }),
      ...(ca && { serverRootCACertificate: Buffer.from(ca) }),
      ...(cert && key && { clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) } }),
    },
  }
}
