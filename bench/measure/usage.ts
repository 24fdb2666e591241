import { readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second for user programs, on every architecture. */
const MS_PER_TICK = 10

/** CPU time of a process with all its threads, from /proc; nothing where there is no /proc. */
export function cpuMs(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`)
  // The name, in parentheses, may have spaces; utime and stime are the 12th and 13th after it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields && (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** The most memory that a process ever had resident. */
export function peakMb(pid: number): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')
  return match ? Number(match[1]) / 1_024 : undefined
}

/** CPU time that all processes of the machine have used, and that its host kept from it. */
function machineMs(): number | undefined {
  const line = read('/proc/stat')?.split('\n', 1)[0]
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line?.split(/\s+/).slice(1).map(Number) ?? []
  return line === undefined ? undefined : (user + nice + system + irq + softirq + steal) * MS_PER_TICK
}

export interface Usage {
  /** CPU milliseconds by process. */
  cpuMs: Record<string, number>
  /** Cores that programs other than these kept busy, on average. */
  othersCores?: number
}

/** Measures from now until the returned function is called. */
export function startMeter(pids: Record<string, number>): () => Usage {
  const readAll = () => Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)] as const)
  const before = new Map(readAll())
  const machineBefore = machineMs()
  const begun = performance.now()
  return () => {
    const used = readAll().flatMap(([name, ms]) => (ms === undefined ? [] : [[name, ms - (before.get(name) ?? 0)] as const]))
    const own = used.reduce((sum, [, ms]) => sum + ms, 0)
    const machine = machineMs()
    if (machine === undefined || machineBefore === undefined) return { cpuMs: Object.fromEntries(used) }
    const others = (machine - machineBefore - own) / (performance.now() - begun)
    return { cpuMs: Object.fromEntries(used), othersCores: Math.max(0, others) }
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
