import { QUICK_TALLYING } from '../support/herald'
import { useScene } from '../support/scene'
import { accessTests } from './access'
import { approvalTests } from './approvals'
import { auditTests } from './audit'
import { describeInBrowser, useBrowser } from './browser'
import { customerDataTests } from './customer-data'
import { firstWebhookTests } from './first-webhook'
import { hostileTests } from './hostile'
import { listTests } from './lists'
import { overviewTests } from './overview'
import { ownershipTests } from './ownership'
import { pageTests } from './pages'
import { PORTAL_DIR } from './portal-dir'
import { receiverTests } from './receivers'
import { signInTests } from './sign-in'
import { steeringTests } from './steering'

// In one file, so that all of them have one Herald and one browser, which keeps the portal's code.
describeInBrowser('the portal', () => {
  const scene = useScene({ config: { portalDir: PORTAL_DIR, tallying: QUICK_TALLYING } })
  const browser = useBrowser()
  describe('from an empty start', () => firstWebhookTests({ scene, browser }))
  describe('receivers with demands', () => receiverTests({ scene, browser }))
  describe('signing in', () => signInTests({ scene, browser }))
  describe('giving access', () => accessTests({ scene, browser }))
  describe('the audit log', () => auditTests({ scene, browser }))
  describe('four eyes', () => approvalTests({ scene, browser }))
  describe('ownership', () => ownershipTests({ scene, browser }))
  describe('the overview', () => overviewTests({ scene, browser }))
  describe('steering', () => steeringTests({ scene, browser }))
  describe('data of customers', () => customerDataTests({ scene, browser }))
  describe('lists', () => listTests({ scene, browser }))
  describe('text from outside', () => hostileTests({ scene, browser }))
  describe('every page', () => pageTests({ scene, browser }))
})
