// Run by mongosh: makes the replica set and Herald's own user. What is already there stays, except
// that the user's password follows MONGODB_PASSWORD.
const members = process.env.MONGODB_MEMBERS.split(',')
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
  const user = {
    pwd: process.env.MONGODB_PASSWORD,
    roles: ['readWrite', 'dbAdmin'].map((role) => ({ role, db: 'herald' })),
  }
  if (admin.getUser('herald')) admin.updateUser('herald', user)
  else admin.createUser({ user: 'herald', ...user })
  print('The user herald may read and write the database herald')
}
