/** Reasons of rejected files, and what their owner can do; the first that fits. */
const remedies: [RegExp, string][] = [
  [/is empty/, 'Copy it again from its source: the copy was cut off.'],
  [/cannot be decoded.*(?:premature|truncated|unexpected end|ended|Invalid SOS|corrupt)/i, 'Usually an interrupted copy: fetch the file again.'],
  [/cannot be decoded/, 'Open it in an image program and save it anew, or fetch it again.'],
  [/It is (?:BMP|PDF|SVG|HTML|no image)/, 'Convert it to JPEG or PNG, under the same name.'],
  [/million pixels|million are read/, 'Reduce it below the limit, or check where it comes from: a header may be forged.'],
  [/not permitted|EACCES|cannot be read/, 'Give yourself the right to read it: chmod u+r.'],
  [/outside the folder/, 'Copy the file into the folder instead of linking to it.'],
  [/symbolic link/, 'Replace the link by the file it means, or remove it.'],
  [/name has|in the name|is not Name\/Name/, 'Rename it as the format wants, or leave it out.'],
  [/says something else of the image|stands in training\.csv and in/, 'Find out which row is right, and remove the other.'],
  [/the image stands in line \d+ already/, 'Nothing: the row says the same once more.'],
  [/^line \d+ of|no \.npy file|_(?:exp|val|aro)\.npy/, 'Take the labels as they were published; this one cannot be used.'],
  [/lies in none of the folders/, 'Move it into the folder of its part, or leave it out.'],
  [/no class folder/, 'Move it into the folder of its class.'],
  [/not in the (?:table|list)/, 'Add a line for it, or leave it out.'],
  [/no such file in the folder/, 'Correct the path in the table, or copy the file there.'],
  [/^line \d+/, 'Correct that line of the table.'],
  [/no image by its name/, 'Nothing, if it is none; else give it the ending of its kind.'],
]

/** What a person can do about a rejected file. */
export function whatHelps(reason: string): string {
  return remedies.find(([pattern]) => pattern.test(reason))?.[1] ?? 'Repair or remove the file, then read the folder again.'
}
