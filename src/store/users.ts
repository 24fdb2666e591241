import { emailKey, EVERY_TENANT, type Grant, type Identity, type User } from '../domain/user'
import type { Sealer } from '../domain/webhook'
import { isDuplicate } from './errors'
import { insertOnce } from './insert-once'
import type { Models } from './models'
import type { UserRecord } from './records'
import { page, type Page, type PageRequest } from './page'

/** A user with what proves that it is them. Never answered, never logged. */
export interface Account {
  user: User
  /** Argon2id, in PHC form; none before there is a password. */
  passwordHash?: string
  /** Base32; none while codes are off. */
  totpSecret?: string
  /** Of an authenticator app that has not shown its first code. */
  pendingTotpSecret?: string
}

export type NewUser = Pick<User, 'id' | 'email' | 'name' | 'grants' | 'createdAt'> & { createdBy: string; identity?: Identity }

/** Users belong to the installation: their grants say which tenants they see. */
export interface UserStore {
  /** False when somebody has the address; nothing was changed then. */
  insert: (user: NewUser) => Promise<boolean>
  get: (id: string) => Promise<User | undefined>
  /** One of those that the list shows: of anybody else MongoDB is not asked. */
  getOf: (tenantId: string, withEveryTenant: boolean, id: string) => Promise<User | undefined>
  account: (id: string) => Promise<Account | undefined>
  accountOf: (email: string) => Promise<Account | undefined>
  ofIdentity: (identity: Identity) => Promise<User | undefined>
  any: () => Promise<boolean>
  /** Those with a role in the tenant; also those of every tenant, when asked. */
  list: (tenantId: string, withEveryTenant: boolean, request: PageRequest & { email?: string }) => Promise<Page<User>>
  /** The role in a tenant, beside those that they have in others. */
  grant: (id: string, grant: Grant) => Promise<void>
  /** In place of all that they had. What was begun before does not end well. */
  setGrants: (id: string, grants: Grant[]) => Promise<User | undefined>
  /** The provider says by now that the address is theirs. */
  confirmAddress: (id: string) => Promise<void>
  /** Gives it to whoever has the address: no password, code or recovery code of before works any more, nor an identity of whom the provider did not say so. */
  grantAnew: (id: string, grant: Grant) => Promise<void>
  /** Takes the role in a tenant away. */
  revoke: (id: string, tenantId: string) => Promise<void>
  rename: (id: string, name: string) => Promise<void>
  setDisabled: (id: string, disabled: boolean) => Promise<void>
  /**
   * The identity opens the account from now on, and nothing else does. None, and nothing changed, when
   * it opens another one, when there is a password which it is not to take the place of, or when all
   * sessions were ended since the user was read.
   */
  link: (user: Pick<User, 'id' | 'generation'>, identity: Identity, options: { insteadOfPassword: boolean }) => Promise<User | undefined>
  /** Also in place of the identity. None, and nothing changed, when all sessions were ended since the user was read. */
  setPassword: (user: Pick<User, 'id' | 'generation'>, hash: string) => Promise<User | undefined>
  nextGeneration: (id: string) => Promise<void>
  setPendingTotp: (id: string, secret: string) => Promise<void>
  /** The pending secret counts from now on; false when it is not the pending one any more. */
  enableTotp: (id: string, secret: string, recoveryHashes: string[]) => Promise<boolean>
  disableTotp: (id: string) => Promise<void>
  /** False when a code of this time, or a later one, was used before. */
  useTotpCounter: (id: string, counter: number) => Promise<boolean>
  /** False when there is no such code, or it was used. */
  useRecoveryCode: (id: string, hash: string) => Promise<boolean>
  signedIn: (id: string, at: Date) => Promise<void>
  remove: (id: string) => Promise<boolean>
}

function toUser({ _id, email, name, grants, passwordHash, identity, sealedTotp, disabledAt, generation = 0, createdAt, createdBy, lastSignInAt }: UserRecord): User {
  const status = disabledAt ? 'disabled' : passwordHash === undefined && identity === undefined ? 'invited' : 'active'
  return { id: _id, email, name, grants, status, totp: sealedTotp !== undefined, singleSignOn: identity !== undefined, generation, createdAt, createdBy, ...(lastSignInAt && { lastSignInAt }) }
}

const TOTP_FIELDS = ['sealedTotp', 'pendingTotp', 'recoveryHashes', 'totpCounter']

/** One write, so that two callers do not give two roles in one tenant. */
function granted({ tenantId, role }: Grant): object {
  const others = { $filter: { input: '$grants', cond: { $ne: ['$$this.tenantId', tenantId] } } }
  return { grants: { $concatArrays: [others, [{ tenantId: { $literal: tenantId }, role }]] } }
}

/** As it was read, as far as what ends all sessions goes. */
const unchanged = ({ id, generation }: Pick<User, 'id' | 'generation'>): object => ({ _id: id, generation: generation === 0 ? { $exists: false } : generation })

const NO_TOTP = Object.fromEntries(TOTP_FIELDS.map((field) => [field, '']))

const context = (id: string): string => `user/${id}/totp`

export function createUserStore({ users }: Models, sealer: Sealer): UserStore {
  const set = async (id: string, change: object): Promise<void> => void (await users.updateOne({ _id: id }, change))

  /** What the user is after the change; none when there is no such user. */
  async function changed(which: object, change: object): Promise<User | undefined> {
    const record = await users.findOneAndUpdate(which, change, { returnDocument: 'after' }).lean<UserRecord>()
    return record ? toUser(record) : undefined
  }

  function toAccount(record: UserRecord | null): Account | undefined {
    if (!record) return undefined
    const { _id, passwordHash, sealedTotp, pendingTotp } = record
    return {
      user: toUser(record),
      ...(passwordHash !== undefined && { passwordHash }),
      ...(sealedTotp !== undefined && { totpSecret: sealer.open(sealedTotp, context(_id)) }),
      ...(pendingTotp !== undefined && { pendingTotpSecret: sealer.open(pendingTotp, context(_id)) }),
    }
  }

  const of = (tenantId: string, withEveryTenant: boolean) => ({ 'grants.tenantId': withEveryTenant ? { $in: [tenantId, EVERY_TENANT] } : tenantId })

  return {
    insert: ({ id, ...user }) => insertOnce(() => users.create({ _id: id, ...user, emailKey: emailKey(user.email) })),
    get: async (id) => {
      const record = await users.findById(id).lean<UserRecord>()
      return record ? toUser(record) : undefined
    },
    account: async (id) => toAccount(await users.findById(id).lean<UserRecord>()),
    accountOf: async (email) => toAccount(await users.findOne({ emailKey: emailKey(email) }).lean<UserRecord>()),
    ofIdentity: async ({ issuer, subject }) => {
      const record = await users.findOne({ 'identity.issuer': issuer, 'identity.subject': subject }).lean<UserRecord>()
      return record ? toUser(record) : undefined
    },
    any: async () => (await users.exists({})) !== null,
    getOf: async (tenantId, withEveryTenant, id) => {
      const record = await users.findOne({ _id: id, ...of(tenantId, withEveryTenant) }).lean<UserRecord>()
      return record ? toUser(record) : undefined
    },
    list: (tenantId, withEveryTenant, { email, ...request }) =>
      page(users, { ...of(tenantId, withEveryTenant), ...(email !== undefined && { emailKey: emailKey(email) }) }, request, toUser),
    grant: async (id, grant) => void (await users.updateOne({ _id: id }, [{ $set: granted(grant) }], { updatePipeline: true })),
    setGrants: (id, grants) => changed({ _id: id }, { $set: { grants }, $inc: { generation: 1 } }),
    confirmAddress: async (id) => void (await users.updateOne({ _id: id, identity: { $exists: true } }, { $set: { 'identity.ownsAddress': true } })),
    grantAnew: async (id, grant) => {
      const generation = { $add: [{ $ifNull: ['$generation', 0] }, 1] }
      const identity = { $cond: [{ $eq: ['$identity.ownsAddress', true] }, '$identity', '$$REMOVE'] }
      const change = [{ $set: { ...granted(grant), generation, identity } }, { $unset: ['passwordHash', ...TOTP_FIELDS] }]
      await users.updateOne({ _id: id }, change, { updatePipeline: true })
    },
    revoke: (id, tenantId) => set(id, { $pull: { grants: { tenantId } } }),
    rename: (id, name) => set(id, { $set: { name } }),
    setDisabled: (id, disabled) => set(id, disabled ? { $set: { disabledAt: new Date() } } : { $unset: { disabledAt: '' } }),
    link: async (user, identity, { insteadOfPassword }) => {
      const free = insteadOfPassword ? {} : { passwordHash: { $exists: false } }
      try {
        return await changed({ ...unchanged(user), ...free }, { $set: { identity }, $unset: { passwordHash: '', ...NO_TOTP }, $inc: { generation: 1 } })
      } catch (error) {
        if (isDuplicate(error)) return undefined
        throw error
      }
    },
    setPassword: (user, passwordHash) => changed(unchanged(user), { $set: { passwordHash }, $unset: { identity: '' }, $inc: { generation: 1 } }),
    nextGeneration: (id) => set(id, { $inc: { generation: 1 } }),
    setPendingTotp: (id, secret) => set(id, { $set: { pendingTotp: sealer.seal(secret, context(id)) } }),
    enableTotp: async (id, secret, recoveryHashes) => {
      const record = await users.findById(id).lean<UserRecord>()
      if (!record?.pendingTotp || sealer.open(record.pendingTotp, context(id)) !== secret) return false
      const { modifiedCount } = await users.updateOne(
        { _id: id, pendingTotp: record.pendingTotp },
        { $set: { sealedTotp: record.pendingTotp, recoveryHashes }, $unset: { pendingTotp: '' } },
      )
      return modifiedCount === 1
    },
    disableTotp: (id) => set(id, { $unset: NO_TOTP }),
    useTotpCounter: async (id, counter) => {
      const unused = { $or: [{ totpCounter: { $exists: false } }, { totpCounter: { $lt: counter } }] }
      return (await users.updateOne({ _id: id, ...unused }, { $set: { totpCounter: counter } })).modifiedCount === 1
    },
    useRecoveryCode: async (id, hash) =>
      (await users.updateOne({ _id: id, recoveryHashes: hash }, { $pull: { recoveryHashes: hash } })).modifiedCount === 1,
    signedIn: (id, at) => set(id, { $set: { lastSignInAt: at } }),
    remove: async (id) => (await users.deleteOne({ _id: id })).deletedCount === 1,
  }
}
