const prefix = 'facet.draft:'

/** A text that was not saved, and what was saved when it was written. */
interface Draft { base: string, text: string }

/** Keeps a text that differs from what is saved, so that a closed window loses nothing; one that does not differ is forgotten. */
export function keepDraft(study: string, draft: Draft): void {
  try {
    if (draft.base === draft.text)
      localStorage.removeItem(prefix + study)
    else
      localStorage.setItem(prefix + study, JSON.stringify(draft))
  }
  catch {
    // storage is full or forbidden: the question at leaving is what is left
  }
}

/** The text that was not saved, if what is saved is still what it was made of; else null. */
export function readDraft(study: string, saved: string): string | null {
  try {
    const draft = JSON.parse(localStorage.getItem(prefix + study) ?? 'null') as Partial<Draft> | null
    return draft !== null && draft.base === saved && typeof draft.text === 'string'
      ? draft.text
      : null
  }
  catch {
    return null
  }
}
