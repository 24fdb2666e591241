import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAuthority, type Issued } from './certificates'

/** An authority of one test, and what it vouches for. */
export interface LoopbackAuthority {
  /** PEM. */
  certificate: string
  /** For a server on loopback, and for a client. */
  issue: (name: string) => Promise<Issued>
}

export async function createLoopbackAuthority(name: string): Promise<LoopbackAuthority> {
  const { certificate, issue } = await createAuthority(name)
  return { certificate, issue: (subject) => issue({ name: subject, names: ['localhost', '127.0.0.1'], client: 'too' }) }
}

/** A directory of one test, with files in it. */
export function createFiles(): { directory: string; write: (name: string, text: string) => string; remove: () => void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'herald-certificates-'))
  return {
    directory,
    write: (name, text) => {
      const file = path.join(directory, name)
      writeFileSync(file, text, { mode: 0o600 })
      return file
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
