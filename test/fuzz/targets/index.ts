import type { FuzzTarget } from '../target.ts'

/** All parsers of what comes from outside, by name; a file is loaded when one of its targets is asked for. */
export const targets: Record<string, () => Promise<FuzzTarget>> = {
  'recipes': async () => (await import('./recipes.ts')).recipes,
  'recipe-edits': async () => (await import('./recipes.ts')).recipeEdits,
  'calls': async () => (await import('./messages.ts')).calls,
  'desktop': async () => (await import('./messages.ts')).desktopInputs,
  'frames': async () => (await import('./messages.ts')).frames,
  'addresses': async () => (await import('./addresses.ts')).addresses,
  'events': async () => (await import('./records.ts')).eventLines,
  'records': async () => (await import('./records.ts')).recordFiles,
  'tensors': async () => (await import('./records.ts')).tensors,
  'checkpoints': async () => (await import('./records.ts')).checkpoints,
  'label-tables': async () => (await import('./datasets.ts')).labelTables,
  'listings': async () => (await import('./datasets.ts')).listings,
  'mat-files': async () => (await import('./datasets.ts')).matFiles,
  'npy-files': async () => (await import('./datasets.ts')).npyFiles,
  'archived-images': async () => (await import('./datasets.ts')).archivedImages,
  'manifests': async () => (await import('./models.ts')).teacherManifests,
  'graph-models': async () => (await import('./models.ts')).graphModels,
  'face-api': async () => (await import('./models.ts')).faceApiModels,
  'saved-models': async () => (await import('./models.ts')).savedModels,
  'onnx-models': async () => (await import('./models.ts')).onnxModels,
  'images': async () => (await import('./images.ts')).images,
  'archives': async () => (await import('./archives.ts')).archives,
  'exports': async () => (await import('./tables.ts')).tables,
}
