import type { Table } from '#shared/table.ts'
import { escapeHtml, htmlPage, htmlSection } from './formats/html.ts'

/** What a report says of its study beside the tables. */
export interface ReportStudy {
  name: string
  /** The recipe as it was read. */
  recipe: string
  version: string
  time: string
  /** Finished runs behind the tables. */
  runs: { key: string, stage: string, label: string }[]
  /** Versions of what computed: engine, Node. */
  versions: Record<string, string>
}

function provenance(study: ReportStudy): string {
  const versions = Object.entries({ Facet: study.version, ...study.versions })
  return `<section id="provenance">
<h2>Where it came from</h2>
<dl>
<dt>Versions</dt><dd>${versions.map(([name, version]) => escapeHtml(`${name} ${version}`)).join(', ')}</dd>
<dt>Written</dt><dd><time datetime="${escapeHtml(study.time)}">${escapeHtml(study.time)}</time></dd>
<dt>Method</dt><dd>Vielzeuf, Lechervy, Pateux, Jurie: Towards a General Model of Knowledge for Facial Analysis by Multi-Source Transfer Learning, 2019, hal-02342091</dd>
</dl>
<details><summary>Recipe</summary><pre>${escapeHtml(study.recipe)}</pre></details>
<details><summary>${study.runs.length} runs</summary>
<div class="scroll"><table><thead><tr><th scope="col">run</th><th scope="col">stage</th><th scope="col">key</th></tr></thead><tbody>
${study.runs.map(({ key, stage, label }) => `<tr><th scope="row">${escapeHtml(label)}</th><td class="metric">${escapeHtml(stage)}</td><td><code>${escapeHtml(key)}</code></td></tr>`).join('\n')}
</tbody></table></div>
</details>
</section>`
}

/** All tables of a study in one self-contained page, with notices (terms of the data, limits of tasks, contamination) and provenance. */
export function writeReport(study: ReportStudy, tables: Table[]): string {
  const notices = [
    ...new Set(tables.flatMap(table => table.notices)),
  ]
  return htmlPage(`Facet: ${study.name}`, `<header><h1>${escapeHtml(study.name)}</h1></header>
<main>
${tables.map(htmlSection).join('\n')}
<section id="notices">
<h2>Before these figures are used</h2>
<ul>
${notices.map(text => `<li>${escapeHtml(text)}</li>`).join('\n')}
</ul>
</section>
${provenance(study)}
</main>`)
}
