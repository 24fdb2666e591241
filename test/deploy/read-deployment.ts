import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

export const ROOT = join(__dirname, '..', '..')
const SECRETS = join(ROOT, 'deploy', 'secrets')

const Service = z.object({
  image: z.string(),
  container_name: z.string().optional(),
  restart: z.string(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  ports: z.array(z.object({ host_ip: z.string().optional(), target: z.number() })).default([]),
  networks: z.record(z.string(), z.unknown()),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  build: z.object({ context: z.string() }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
})

const Project = z.object({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false), ipam: z.object({ config: z.array(z.object({ subnet: z.string(), ip_range: z.string() })) }).partial().optional() })),
})

const Image = z.object({
  stages: z.array(
    z.object({
      name: z.string(),
      base: z.string(),
      user: z.string(),
      entrypoint: z.array(z.string()).nullable(),
      cmd: z.array(z.string()).nullable(),
      healthcheck: z.array(z.string()).nullable(),
    }),
  ),
  sources: z.array(z.object({ path: z.string(), exists: z.boolean(), sent: z.boolean() })),
  context: z.array(z.string()),
})

/** A copy of the deployment files in a fresh folder, with the secrets that new-env.sh makes for it. */
export interface Deployment {
  folder: string
  env: Record<string, string>
}

export const hasGo = () => spawnSync('go', ['version']).status === 0

/** Copies the files and builds the reader, which holds the libraries of Docker Compose and BuildKit. */
export function copyDeployment(): Deployment {
  const folder = mkdtempSync(join(tmpdir(), 'herald-deploy-'))
  const reader = join(__dirname, 'compose-check')
  execFileSync('go', ['build', '-o', join(folder, 'compose-check'), '.'], { cwd: reader, stdio: 'inherit' })
  for (const file of ['docker-compose.yml', '.env.example']) copyFileSync(join(ROOT, file), join(folder, file))
  cpSync(join(ROOT, 'deploy'), join(folder, 'deploy'), { recursive: true, filter: (file) => file !== SECRETS })
  execFileSync('sh', [join(folder, 'deploy', 'new-env.sh')])
  return { folder, env: parseEnv(readFileSync(join(folder, '.env'), 'utf8')) }
}

/** What Docker Compose makes of docker-compose.yml with these values and no others. */
export function readProject(deployment: Deployment) {
  const result = loadProject(deployment)
  if (result.status !== 0) throw new Error(result.stderr)
  return Project.parse(JSON.parse(result.stdout))
}

export function loadProject({ folder, env }: Deployment) {
  const file = join(folder, 'test.env')
  writeFileSync(file, Object.entries(env).map(([name, value]) => `${name}=${value}\n`).join(''))
  return spawnSync(join(folder, 'compose-check'), ['compose', join(folder, 'docker-compose.yml'), file], { encoding: 'utf8' })
}

/** What BuildKit makes of the repository's Dockerfile and .dockerignore. */
export function readImage({ folder }: Deployment) {
  const output = execFileSync(join(folder, 'compose-check'), ['image', ROOT], { encoding: 'utf8' })
  return Image.parse(JSON.parse(output))
}

function parseEnv(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^[A-Z_]+=/.test(line))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}
