import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { StackError, diskFull, isDiskFull, messageOf } from './errors'
import type { Report } from './types'
import { waitForLock } from './lock'

const sourceSchema = z.enum(['path', 'official', 'go', 'npm'])
export type SourceName = z.infer<typeof sourceSchema>

/** A server's program, ready to run. */
export interface Obtained {
  path: string
  source: SourceName
  /** What its process needs besides the inherited environment. */
  variables: Record<string, string>
}

/** One place that may have the program. `put` leaves it in the directory, or throws why it cannot. */
export interface Place {
  source: SourceName
  /** Completes 'taken from …'. */
  name: string
  put: (directory: string) => Promise<void>
}

export interface Program {
  /** What people know it as. */
  name: string
  executable: string
  /** Directory of the cache: names version and platform, since homes are shared between machines. */
  entry: string
  places: Place[]
  variables: (directory: string) => Record<string, string>
  /** Runs the program for its version; throws when it cannot be used here. */
  check: (path: string, variables: Record<string, string>) => Promise<void>
  /** What to do when no place has it. */
  advice: string
}

/** Takes the program from the cache, else puts it there from the first place that has it. */
export async function obtainCached(program: Program, cacheDir: string, report: Report): Promise<Obtained> {
  const cached = await fromCache(program, cacheDir, report)
  if (cached) return cached
  const lock = await waitForLock(join(cacheDir, `${program.entry}.lock`), (pid) =>
    report(`${program.name}: another start (process ${pid}) is getting it, waiting for that`),
  )
  try {
    return (await fromCache(program, cacheDir, report)) ?? (await fromPlaces(program, cacheDir, report))
  } catch (error) {
    throw isDiskFull(error) ? diskFull(cacheDir) : error
  } finally {
    lock.release()
  }
}

async function fromCache(program: Program, cacheDir: string, report: Report): Promise<Obtained | undefined> {
  const directory = join(cacheDir, program.entry)
  const path = join(directory, program.executable)
  if (!existsSync(path)) return undefined
  const variables = program.variables(directory)
  try {
    await program.check(path, variables)
    return { path, source: sourceSchema.parse(readFileSync(join(directory, 'source'), 'utf8').trim()), variables }
  } catch (error) {
    report(`${program.name}: the copy in ${directory} cannot be used (${messageOf(error)}), getting another`)
    return undefined
  }
}

async function fromPlaces(program: Program, cacheDir: string, report: Report): Promise<Obtained> {
  const refused: string[] = []
  for (const place of program.places) {
    const partial = join(cacheDir, `${program.entry}.partial`)
    rmSync(partial, { recursive: true, force: true })
    mkdirSync(partial, { recursive: true })
    try {
      await place.put(partial)
      return await install(program, place, partial, cacheDir, report)
    } catch (error) {
      if (isDiskFull(error)) throw error
      refused.push(`${place.name}: ${messageOf(error)}`)
      report(`${program.name}: not from ${place.name} (${messageOf(error)})`)
    } finally {
      rmSync(partial, { recursive: true, force: true })
    }
  }
  throw new StackError(
    [`${program.name} could not be had from anywhere:`, ...refused.map((line) => `  - ${line}`), program.advice].join('\n'),
  )
}

async function install(
  program: Program,
  place: Place,
  partial: string,
  cacheDir: string,
  report: Report,
): Promise<Obtained> {
  await program.check(join(partial, program.executable), program.variables(partial))
  writeFileSync(join(partial, 'source'), `${place.source}\n`)
  const directory = join(cacheDir, program.entry)
  rmSync(directory, { recursive: true, force: true })
  renameSync(partial, directory)
  report(`${program.name}: taken from ${place.name}, kept in ${directory}`)
  return { path: join(directory, program.executable), source: place.source, variables: program.variables(directory) }
}
