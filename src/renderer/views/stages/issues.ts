import type { RecipeIssueView } from '#shared/contract/studies.ts'
import type { FieldPath } from '#shared/recipe-edit/places.ts'

/** Problems of a field and of what lies in it. */
export function issuesAt(issues: readonly RecipeIssueView[], path: FieldPath): RecipeIssueView[] {
  return issues.filter(issue => path.length <= issue.path.length && path.every((step, i) => String(issue.path[i]) === String(step)))
}

/** The tab on which a problem is shown. */
export function tabOf({ path }: Pick<RecipeIssueView, 'path'>): string {
  return path[0] === 'stages' && path.length > 1
    ? String(path[1])
    : 'study'
}
