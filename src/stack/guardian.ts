import { spawn } from 'node:child_process'
import type { ServerName } from './types'

/** Ends the servers when this process is gone, however it went. */
export interface Guardian {
  watch: (name: ServerName, pid: number | undefined) => void
  /** Lets the guardian go; what it still watches is ended. */
  close: () => void
}

/**
 * Reads `<name> <pid>` lines until the pipe from Herald closes, which the kernel does also after a
 * kill -9. Then ends the servers in order, and for good after half a minute. A zombie has ended: in
 * containers, often nobody reaps.
 */
const SCRIPT = `
trap '' INT TERM HUP
temporal=0; mongodb=0
while read -r name pid; do
  case $name in Temporal) temporal=$pid;; MongoDB) mongodb=$pid;; esac
done
runs() {
  kill -0 "$1" 2>/dev/null || return 1
  [ -r "/proc/$1/stat" ] || return 0
  read -r stat < "/proc/$1/stat"
  case $stat in *') Z '*) return 1;; esac
}
for pid in $temporal $mongodb; do
  [ "$pid" -gt 1 ] && kill -TERM "$pid" 2>/dev/null || continue
  tries=0
  while runs "$pid" && [ $tries -lt 300 ]; do sleep 0.1; tries=$((tries+1)); done
  kill -KILL "$pid" 2>/dev/null
done
`

export function startGuardian(): Guardian {
  // A session of its own: what is sent to Herald's process group does not reach it.
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'herald-guardian'], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  child.stdin.on('error', () => {})
  return {
    watch: (name, pid) => void child.stdin.write(`${name} ${pid ?? 0}\n`),
    close: () => void child.stdin.end(),
  }
}
