import { FacetError } from '#shared/errors.ts'

/** Ops that reach outside the graph: files, the network, Python. A model file is input from outside and gets none of them. */
const refused = /^(?:ReadFile|WriteFile|MatchingFiles|(?:Eager)?PyFunc(?:Stateless)?|.*Reader(?:V2|Read.*)?|.*SummaryWriter|.*SummaryFileWriter|.*SummaryDbWriter|WriteSummary|.*Dataset(?:V\d)?|DebugIdentity.*|LoadLibrary|SendEmail|(?:Experimental)?DatasetTo.*|InitializeTableFromTextFile(?:V2)?|PrintV2|Save|SaveSlices|Remote.*|Rpc.*|TryRpc|.*Queue.*)$/

/** Refuses a model that holds an op which reaches outside the graph, naming it. */
export function refuseUnsafeOps(ops: Iterable<string>, where: string): void {
  for (const op of ops) {
    if (refused.test(op))
      throw new FacetError('bad-input', `the model uses the op "${op}", which reaches outside the graph; a teacher may not.`, { where, hint: 'Export the model again without its input pipeline and summaries.' })
  }
}
