/** While it stands, nothing is removed of the events about one entity of a tenant. */
export interface LegalHold {
  tenantId: string
  /** `data.id` of the events. */
  entityId: string
  /** Such as the number of the case. */
  reason: string
  createdAt: Date
  /** The id of the API key that set it; `admin` for the admin key. */
  setBy: string
}
