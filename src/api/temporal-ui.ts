export interface TemporalUi {
  /** Where people look at workflows; none when it is not known. */
  temporalUiUrl?: string
  temporalNamespace: string
}

/** The workflow's id, and its page in Temporal's UI where that is known. */
export type WorkflowLink = (workflowId: string | undefined) => { workflowId?: string; workflowUrl?: string }

export function createWorkflowLink({ temporalUiUrl, temporalNamespace }: TemporalUi): WorkflowLink {
  const base = temporalUiUrl?.replace(/\/+$/, '')
  return (workflowId) => {
    if (workflowId === undefined) return {}
    if (base === undefined) return { workflowId }
    const page = `namespaces/${encodeURIComponent(temporalNamespace)}/workflows/${encodeURIComponent(workflowId)}`
    return { workflowId, workflowUrl: `${base}/${page}` }
  }
}
