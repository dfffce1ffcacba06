import type { Command } from '#renderer/composables/useCommands.ts'

/**
 * Commands that hold every word of the text, best first: words at the start of the title before words inside it before words of
 * `also`. Commands of one group stay together, in the order of the best of each; without a text all stand as they came.
 */
export function rankCommands(commands: readonly Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const scored = commands.flatMap((command) => {
    const score = words.reduce<number | null>((sum, word) => {
      const one = scoreWord(command, word)
      return sum === null || one === null ? null : sum + one
    }, 0)
    return score === null ? [] : [{ command, score }]
  })
  const best = new Map<string, number>()
  for (const { command: { group }, score } of scored)
    best.set(group, Math.max(best.get(group) ?? 0, score))
  const order = [...best.keys()]
  return scored
    .sort((a, b) => best.get(b.command.group)! - best.get(a.command.group)!
      || order.indexOf(a.command.group) - order.indexOf(b.command.group)
      || b.score - a.score)
    .map(({ command }) => command)
}

function scoreWord({ title, group, also = '' }: Command, word: string): number | null {
  const lower = title.toLowerCase()
  if (lower.startsWith(word))
    return 4
  if (lower.split(/[\s:,/-]+/).some(part => part.startsWith(word)))
    return 3
  if (lower.includes(word))
    return 2
  return `${group} ${also}`.toLowerCase().includes(word) ? 1 : null
}
