import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createAuthority as create } from './certificates'

/** An authority of one test, and what it vouches for. */
export interface Authority {
  /** PEM. */
  cert: string
  /** For a server on loopback, and for a client. */
  issue: (name: string) => Promise<Issued>
}

/** Both PEM, under the names that Node's TLS has for them. */
export interface Issued {
  cert: string
  key: string
}

export async function createAuthority(name: string): Promise<Authority> {
  const authority = await create(name)
  return {
    cert: authority.certificate,
    issue: async (subject) => {
      const { certificate, key } = await authority.issue({ name: subject, names: ['localhost', '127.0.0.1'], client: 'too' })
      return { cert: certificate, key }
    },
  }
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
