import type { Logger } from 'pino'
import type { Sealer } from '../domain/webhook'
import type { Models } from '../store/models'
import { createOneTimeLinkStore } from '../store/one-time-links'
import { createSavedViewStore, type SavedViewStore } from '../store/saved-views'
import { createSessionStore } from '../store/sessions'
import { createThrottle } from '../store/throttle'
import { createUserStore, type UserStore } from '../store/users'
import { createAccounts, type Accounts } from './accounts'
import type { ClaimedRoles } from './claimed-roles'
import { createIdentityProvider, type ProviderSettings } from './identity-provider'
import { createPasswords } from './passwords'
import { createPortalLinks, type PortalLinks } from './portal-links'
import { createSecondFactor, type SecondFactor } from './second-factor'
import { createSessions, type Sessions, type SessionTimes } from './sessions'
import { createSingleSignOn, type SingleSignOn } from './single-sign-on'
import { createSignIn, type SignIn } from './sign-in'
import { createTries, LIMITS } from './tries'

/** How people come in, and who they are. */
export interface Portal {
  users: UserStore
  sessions: Sessions
  signIn: SignIn
  accounts: Accounts
  secondFactor: SecondFactor
  portalLinks: PortalLinks
  savedViews: SavedViewStore
  /** None where no identity provider is set. */
  singleSignOn?: SingleSignOn
}

export interface SingleSignOnSettings extends ProviderSettings {
  /** What people know the provider by. */
  name: string
  roles?: ClaimedRoles
}

export interface PortalOptions {
  models: Models
  sealer: Sealer
  times: SessionTimes
  singleSignOn?: SingleSignOnSettings
  logger: Logger
}

export function createPortal({ models, sealer, times, singleSignOn, logger }: PortalOptions): Portal {
  const users = createUserStore(models, sealer)
  const links = createOneTimeLinkStore(models)
  const passwords = createPasswords()
  const kept = createSessionStore(models)
  const sessions = createSessions({ sessions: kept, users, times })
  const tries = createTries({
    pair: createThrottle(models, LIMITS.pair),
    address: createThrottle(models, LIMITS.address),
    account: createThrottle(models, LIMITS.account),
  })
  const savedViews = createSavedViewStore(models)
  const accounts = createAccounts({ users, links, savedViews, passwords, sessions: kept, choices: createThrottle(models, LIMITS.choice), unlock: tries.unlock, logger })
  return {
    users,
    sessions,
    signIn: createSignIn({ users, passwords, sessions, tries, logger }),
    accounts,
    secondFactor: createSecondFactor({ users, logger }),
    portalLinks: createPortalLinks({ links, sessions }),
    savedViews,
    ...(singleSignOn && {
      singleSignOn: createSingleSignOn({
        ...singleSignOn,
        provider: createIdentityProvider(singleSignOn, logger),
        users,
        links,
        accounts,
        sessions,
        tries,
        sealer,
        logger,
      }),
    }),
  }
}
