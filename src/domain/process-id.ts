/** Names a process in leases: where it runs, its pid, and when it began. */
export const processId = (host: string, pid: number, since: Date): string => `${host}-${pid}-${since.getTime().toString(36)}`

/**
 * Whether `id` named a process of this host that is certainly gone. A process of another host may
 * live; one with this process's own pid was there before it.
 */
export function isGone(id: string, self: { host: string; pid: number; id: string }, isAlive: (pid: number) => boolean): boolean {
  if (id === self.id || !id.startsWith(`${self.host}-`)) return false
  const [pid] = id.slice(self.host.length + 1).split('-')
  if (pid === undefined || !/^\d+$/.test(pid)) return false
  return Number(pid) === self.pid || !isAlive(Number(pid))
}
