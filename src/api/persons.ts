import { isNewcomer, UNKNOWN_PERSON, type Deed, type Decider } from '../domain/approval'
import { madeAt } from '../domain/ids'
import type { UserStore } from '../store/users'
import type { ApiKeyStore } from '../store/api-keys'
import { actorOf } from './audited'
import type { Caller } from './route'

export interface PersonDeps {
  apiKeys: Pick<ApiKeyStore, 'find'>
  users: Pick<UserStore, 'get'>
}

export interface Persons {
  /** For the record: who asks, and which person answers for it. */
  deedOf: (caller: Caller) => Promise<Deed>
  /** Who let a person in, where that is not long before `at`, who let those in, and so on. */
  letInBy: (person: string, at: Date) => Promise<string[]>
  deciderOf: (caller: Caller) => Promise<Decider>
  /** What people call a user or an API key; nothing where it has no name, or is gone. */
  nameOf: (id: string) => Promise<string | undefined>
}

const ADMIN = 'admin'

/**
 * Four eyes are those of two people. An API key is no person: it stands for whoever made it, by however many keys in
 * between, and one whose maker is not known stands for whoever has the admin key, as does the admin key itself.
 */
export function createPersons({ apiKeys, users }: PersonDeps): Persons {
  /** Who came by a portal link stands for whoever made the link. */
  const personOf = ({ keyId, session }: Caller): Promise<string> => makerOf(session?.link ? (session.link.madeBy ?? ADMIN) : keyId)

  /** However long the chain: whoever could make it too long would be somebody else by it. It ends, since makers are older. */
  async function makerOf(id: string): Promise<string> {
    let maker = id
    while (maker.startsWith('key_')) maker = (await apiKeys.find(maker))?.createdBy ?? ADMIN
    return maker
  }

  return {
    deedOf: async (caller) => {
      const actor = actorOf(caller)
      const name = caller.session ? (caller.session.user ?? caller.session.link)?.name : (await apiKeys.find(actor.id))?.name
      return { ...actor, ...(name !== undefined && { name }), person: await personOf(caller) }
    },
    letInBy: async (person, at) => {
      const all: string[] = []
      for (let id = person; id.startsWith('usr_') && !all.includes(UNKNOWN_PERSON);) {
        const user = await users.get(id)
        if (!isNewcomer(user?.createdAt ?? madeAt(id), at)) break
        id = user?.createdBy === undefined ? UNKNOWN_PERSON : await makerOf(user.createdBy)
        all.push(id)
      }
      return all
    },
    nameOf: async (id) => (await (id.startsWith('usr_') ? users.get(id) : id.startsWith('key_') ? apiKeys.find(id) : undefined))?.name,
    deciderOf: async (caller) => {
      const { kind } = actorOf(caller)
      const person = await personOf(caller)
      const since = (await users.get(person))?.createdAt
      return { kind, person, ...(since && { since }) }
    },
  }
}
