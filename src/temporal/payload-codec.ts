import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common'
import { decode as decodeText, encode as encodeText } from '@temporalio/common/lib/encoding'
import { temporal } from '@temporalio/proto'

const ENCODING = 'binary/encrypted'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts payloads with AES-256-GCM, as Temporal's documentation lays out for codecs: the payload,
 * protobuf-encoded, under the encoding `binary/encrypted`. Herald itself only opens what services
 * sealed (`encode: false`), so that its own ids stay readable in the UI.
 * @param key 32 bytes
 */
export function createPayloadCodec(key: Buffer, { encode }: { encode: boolean }): PayloadCodec {
  return {
    encode: async (payloads) => (encode ? payloads.map((payload) => seal(key, payload)) : payloads),
    decode: async (payloads) => payloads.map((payload) => (isSealed(payload) ? open(key, payload) : payload)),
  }
}

const isSealed = ({ metadata }: Payload): boolean => {
  const encoding = metadata?.[METADATA_ENCODING_KEY]
  return encoding !== undefined && encoding !== null && decodeText(encoding) === ENCODING
}

function seal(key: Buffer, payload: Payload): Payload {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const plain = temporal.api.common.v1.Payload.encode(payload).finish()
  const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return { metadata: { [METADATA_ENCODING_KEY]: encodeText(ENCODING) }, data }
}

function open(key: Buffer, { data }: Payload): Payload {
  const sealed = Buffer.from(data ?? [])
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  return temporal.api.common.v1.Payload.decode(plain)
}
