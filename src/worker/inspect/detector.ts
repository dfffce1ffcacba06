import type { Detector } from '../faces/detect.ts'
import { createDetector } from '../faces/detect.ts'
import { keep } from './kept.ts'

const detectors = keep<Detector>({ most: 1, idleMs: 300_000, close: detector => detector.dispose() })

/** The face detector, kept between questions. */
export function withDetector<R>(work: (detector: Detector) => R | Promise<R>): Promise<R> {
  return detectors.use('detector', createDetector, work)
}
