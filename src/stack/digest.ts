import { createHash, type BinaryToTextEncoding } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

export async function digestOf(file: string, algorithm: 'sha256' | 'sha512', encoding: BinaryToTextEncoding): Promise<string> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), hash)
  return hash.digest(encoding)
}
