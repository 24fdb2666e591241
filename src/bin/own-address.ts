import { Agent } from 'undici'
import { readKeyPair } from '../certificate'
import type { Env } from '../env'

/** How a command reaches the Herald of this machine: by loopback, whose name no certificate has. */
export interface OwnAddress {
  url: string
  /** Trusts the very certificate that this Herald shows, and no other. */
  dispatcher?: Agent
}

export function ownAddress({ PORT, HERALD_OPS_PORT, HERALD_TLS_CERT: cert, HERALD_TLS_KEY: key }: Env): OwnAddress {
  const where = `127.0.0.1:${HERALD_OPS_PORT ?? PORT}`
  if (cert === undefined || key === undefined) return { url: `http://${where}` }
  const connect = { ca: readKeyPair({ cert, key }).cert, allowPartialTrustChain: true, checkServerIdentity: () => undefined }
  return { url: `https://${where}`, dispatcher: new Agent({ connect }) }
}
