import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Deployment, copyDeployment, hasGo, loadProject, readImage, readProject } from './read-deployment'

const REQUIRED = [
  'POSTGRES_PASSWORD',
  'MONGODB_ROOT_PASSWORD',
  'MONGODB_PASSWORD',
  'MONGODB_KEY_FILE',
  'HERALD_ADMIN_KEY',
  'HERALD_ENCRYPTION_KEY',
]
const JOBS = ['temporal-schema', 'temporal-setup', 'mongodb-setup']

// CI must not skip: without Go, building the reader fails there.
// oxlint-disable-next-line node/no-process-env
const skipped = !hasGo() && !process.env['CI']
if (skipped) process.stderr.write('Skipped test/deploy: install Go to read the deployment files with the libraries of Docker\n')

;(skipped ? describe.skip : describe)('the deployment files', () => {
  let deployment: Deployment

  beforeAll(() => {
    deployment = copyDeployment()
  }, 300_000)

  afterAll(() => rmSync(deployment.folder, { recursive: true, force: true }))

  it('start with the secrets that new-env.sh makes, readable by their owner only', () => {
    expect(Object.keys(deployment.env).toSorted()).toEqual(REQUIRED.toSorted())
    expect(Object.keys(readProject(deployment).services)).toEqual(expect.arrayContaining(['api', 'worker', 'proxy', 'temporal']))
    expect(Buffer.from(deployment.env['HERALD_ENCRYPTION_KEY'] ?? '', 'base64')).toHaveLength(32)
    for (const file of ['.env', 'deploy/secrets/mongodb-key']) {
      expect(statSync(join(deployment.folder, file)).mode & 0o077).toBe(0)
    }
  })

  it('keep the secrets of a deployment that exists', () => {
    const before = readFileSync(join(deployment.folder, '.env'), 'utf8')
    const again = spawnSync('sh', [join(deployment.folder, 'deploy', 'new-env.sh')], { encoding: 'utf8' })
    expect(again.status).not.toBe(0)
    expect(again.stderr).toContain('.env exists')
    expect(readFileSync(join(deployment.folder, '.env'), 'utf8')).toBe(before)
  })

  it.each(REQUIRED)('do not start without %s, and say what to do', (name) => {
    const result = loadProject({ ...deployment, env: { ...deployment.env, [name]: '' } })
    expect(result.status).not.toBe(0)
    expect(result.stderr).toContain(`required variable ${name} is missing a value: run sh deploy/new-env.sh`)
  })

  it('hold no password of their own', () => {
    const secrets = REQUIRED.map((name) => deployment.env[name] ?? '')
    const literal = Object.entries(readProject(deployment).services).flatMap(([name, service]) =>
      Object.entries(service.environment)
        .filter(([key, value]) => /PASSWORD|PWD|SECRET|_KEY$|TOKEN/.test(key) || /\/\/[^/@]*:[^/@]*@/.test(value ?? ''))
        .filter(([, value]) => value && !secrets.some((secret) => value.includes(secret)))
        .map(([key]) => `${name}.${key}`),
    )
    expect(literal).toEqual([])
  })

  it('publish the proxy and the UI alone, on loopback', () => {
    const { services, networks } = readProject(deployment)
    const published = Object.entries(services).filter(([, service]) => service.ports.length)
    expect(published.map(([name]) => name).toSorted()).toEqual(['proxy', 'temporal-ui'])
    for (const [, service] of published) {
      expect(service.ports.map((port) => port.host_ip)).toEqual(['127.0.0.1'])
    }
    for (const name of ['postgresql', 'mongodb-1', 'mongodb-2', 'mongodb-3', 'temporal']) {
      const reachable = Object.keys(services[name]?.networks ?? {}).filter((network) => !networks[network]?.internal)
      expect([name, reachable]).toEqual([name, []])
    }
  })

  it('believe the proxy alone about where requests come from, and the load balancer that is named', () => {
    const trusted = (project: ReturnType<typeof readProject>) => project.services['api']?.environment['HERALD_TRUST_PROXY']
    const { services, networks } = readProject(deployment)
    expect(services['proxy']?.networks['outside']).toEqual({ ipv4_address: '172.31.251.10' })
    expect(networks['outside']?.ipam?.config).toEqual([{ subnet: '172.31.251.0/24', ip_range: '172.31.251.128/25' }])
    expect([trusted({ services, networks }), services['proxy']?.environment['HERALD_LOAD_BALANCER']]).toEqual(['172.31.251.10', '255.255.255.255/32'])
    const named = readProject({ ...deployment, env: { ...deployment.env, HERALD_LOAD_BALANCER: '10.20.0.5' } })
    expect([trusted(named), named.services['proxy']?.environment['HERALD_LOAD_BALANCER']]).toEqual(['172.31.251.10,10.20.0.5', '10.20.0.5'])
    expect(readFileSync(join(deployment.folder, 'deploy/proxy/Caddyfile'), 'utf8')).not.toContain('private_ranges')
  })

  it('watch and restart every service that stays', () => {
    for (const [name, service] of Object.entries(readProject(deployment).services)) {
      const expected = JOBS.includes(name) ? [name, false, 'on-failure:5'] : [name, true, 'unless-stopped']
      expect([name, Boolean(service.healthcheck?.test.length), service.restart]).toEqual(expected)
    }
  })

  it('wait for a job to have ended and for a server to be healthy', () => {
    for (const service of Object.values(readProject(deployment).services)) {
      for (const [name, { condition }] of Object.entries(service.depends_on)) {
        const expected = JOBS.includes(name) ? 'service_completed_successfully' : 'service_healthy'
        expect([name, condition]).toEqual([name, expected])
      }
    }
  })

  it('let the api and the worker be scaled, from one image that cannot be written to', () => {
    const { api, worker } = readProject(deployment).services
    expect(api?.image).toBe(worker?.image)
    for (const service of [api, worker]) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], build: { context: deployment.folder } })
      expect(service?.container_name).toBeUndefined()
      expect(service?.ports).toEqual([])
    }
  })

  it('pin every image to a version', () => {
    for (const { image } of Object.values(readProject(deployment).services)) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/)
  })

  it('make an image that runs as nobody special, from pinned bases and files that exist', () => {
    const { stages, sources, context } = readImage(deployment)
    const names = stages.map((stage) => stage.name)
    for (const { base } of stages) if (!names.includes(base)) expect(base).toMatch(/^node:\d+\.\d+\.\d+-[a-z]+-slim$/)
    expect(stages.at(-1)).toMatchObject({
      entrypoint: ['node', 'dist/src/bin/herald.js'],
      cmd: ['api'],
    })
    expect(stages.at(-1)?.user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(stages.at(-1)?.healthcheck).toContain('node')
    for (const source of sources) expect(source).toEqual({ path: source.path, exists: true, sent: true })
    for (const name of ['.git', '.env', '.env.example', '.herald', 'node_modules', 'deploy']) expect(context).not.toContain(name)
  })
})
