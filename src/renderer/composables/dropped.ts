import { shallowRef } from 'vue'

/** A file that was dropped on a screen which does not take it, for the screen that does; whoever takes it sets it to null. */
export const droppedFile = shallowRef<File | null>(null)
