// Run by mongosh: makes the replica set and Herald's own user. What is already there stays, except
// that the user's password follows MONGODB_PASSWORD, and its rights are those of this version.
const members = process.env.MONGODB_MEMBERS.split(',')
// Of the audit log Herald reads lines and adds some; it has no right to change or remove one.
const CHANGED = [
  'apiKeys', 'approvals', 'attempts', 'auditHeads', 'auditOpen', 'backlogs', 'dataKeys', 'deliveries', 'digests', 'erasures',
  'eventTypes', 'events', 'failing', 'legalHolds', 'mails', 'members', 'oneTimeLinks', 'releases', 'retentionCursors', 'savedViews',
  'sentinels', 'sessions', 'tallies', 'tallyProgress', 'tenants', 'throttles', 'turns', 'turnsTaken', 'users', 'webhooks',
]
const ADDED_TO = ['auditLines']
const ADD = ['find', 'insert', 'createIndex']
const root = `root:${encodeURIComponent(process.env.MONGODB_ROOT_PASSWORD)}`

// The second connection waits for the members to have elected their primary.
initiate(connect(`mongodb://${root}@${members[0]}/admin?directConnection=true`))
allow(connect(`mongodb://${root}@${members.join(',')}/admin?replicaSet=rs0&serverSelectionTimeoutMS=60000`))

function initiate(admin) {
  try {
    admin.adminCommand({ replSetGetStatus: 1 })
    print('The replica set exists')
  } catch (error) {
    if (error.codeName !== 'NotYetInitialized') throw error
    const config = { _id: 'rs0', members: members.map((host, _id) => ({ _id, host })) }
    admin.adminCommand({ replSetInitiate: config })
    print(`The replica set has been made of ${members.join(', ')}`)
  }
}

function allow(admin) {
  const right = (actions) => (collection) => ({ resource: { db: 'herald', collection }, actions })
  const changes = [...ADD, 'update', 'remove', 'dropIndex', 'changeStream']
  const role = { privileges: [...CHANGED.map(right(changes)), ...ADDED_TO.map(right(ADD))], roles: [] }
  if (admin.getRole('herald')) admin.updateRole('herald', role)
  else admin.createRole({ role: 'herald', ...role })
  const user = { pwd: process.env.MONGODB_PASSWORD, roles: ['herald'] }
  if (admin.getUser('herald')) admin.updateUser('herald', user)
  else admin.createUser({ user: 'herald', ...user })
  print('The user herald may do in the database herald what Herald does, and change no line of the audit log')
}
