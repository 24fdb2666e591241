import type { DataConverter, PayloadCodec } from '@temporalio/common'
import { createPayloadCodec } from '../temporal/payload-codec'

const KEY_BYTES = 32

/**
 * The codec that seals what a service puts into workflow starts (AES-256-GCM).
 * @param key what Herald has as HERALD_PAYLOAD_KEY: 32 bytes, or those as hex or base64
 * @throws {Error} when it is no such key
 */
export const heraldPayloadCodec = (key: Uint8Array | string): PayloadCodec =>
  createPayloadCodec(bytesOf(key), { encode: true })

/**
 * For a service's own client: `new Client({ connection, dataConverter: heraldDataConverter(key) })`.
 * Without a key nothing is sealed, so that one line serves both.
 */
export const heraldDataConverter = (key: Uint8Array | string | undefined): DataConverter => ({
  payloadCodecs: key === undefined || key.length === 0 ? [] : [heraldPayloadCodec(key)],
})

function bytesOf(key: Uint8Array | string): Buffer {
  const bytes = typeof key === 'string' ? Buffer.from(key, /^[0-9a-f]{64}$/i.test(key) ? 'hex' : 'base64') : Buffer.from(key)
  if (bytes.length === KEY_BYTES) return bytes
  throw new Error(
    `A payload key must be ${KEY_BYTES} bytes, as hex or base64 when it is text; this one has ${bytes.length}. Make one with \`openssl rand -base64 32\``,
  )
}
