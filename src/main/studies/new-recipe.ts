/** A first recipe: drawn faces, so that it runs without any photograph, and a word on what to change. */
export function newRecipe(name: string): string {
  return `# A new study: say here what it is to show.
study: ${name}
data:
  drawn: { format: synthetic, count: 600, identities: 100, seed: 7 } # drawn faces; put your own data sets here
unlabelled: [drawn] # what combiner and student learn from, without labels
teachers: [faceres, dlib, emotion]
stages: # what differs from the defaults
  combine:
    - { kind: ae, size: 128, epochs: 40 }
  distil: { target: ae, input: 64, steps: 500 }
knowledge:
  - { name: Gender-Drawn, data: drawn, task: gender }
  - { name: AgeR-Drawn, data: drawn, task: age }
methods: ["teacher:*", ae, student]
seeds: [0]
tables: [target]
`
}
