import type { StudentNetwork } from '#shared/stages/distil.ts'

/** Measured with TensorFlow 2.21 on two cores of a Xeon with AVX-512, in seconds of both of them; `calibrate` in estimate.ts brings estimates to other machines. */

/** What a network's step costs: its shape, in floating point operations like ResNet-18's. */
export interface NetworkShape { network: StudentNetwork, width: number, input: number }

/**
 * What a step costs, as multiply-adds of convolutions like ResNet-18's: so many at this width on 224x224 pixels. He et al. 2016, Table 1:
 * 1.8 G; the others as measured beside it: at width 27 a step of mobilenet took 1.4 of resnet18's time (depthwise convolutions wait for
 * memory), one of cnn 1.1.
 */
const stepCosts: Record<StudentNetwork, { macs: number, width: number }> = {
  resnet18: { macs: 1.82e9, width: 64 },
  mobilenet: { macs: 4.6e8, width: 27 },
  cnn: { macs: 3.6e8, width: 27 },
}
/** Floating point operations a second. */
const convolutionRate = 1.3e11
/** Beside the products, for a face of a step: read, augmented, and its part of the optimizer's work. A small network takes little more. */
const secondsPerFaceFed = 4.5e-4

/** Seconds a face: embedding it in a batch, and one training step of all parameters (P-CNN). */
export interface TeacherCost { embed: number, train: number }

/**
 * The teachers that npm brings, batches of 16 and steps of 32. Backward of depthwise convolutions is slow: a step of faceres takes 6 to 7
 * times its embedding, one of the others 3 to 4 times. centernet's step is faceres's ratio of its embedding.
 */
const teacherCosts: Record<string, TeacherCost> = {
  'faceres': { embed: 0.0082, train: 0.045 },
  'dlib': { embed: 0.0033, train: 0.01 },
  'emotion': { embed: 0.0011, train: 0.0029 },
  'face-expression': { embed: 0.0023, train: 0.0059 },
  'age-gender': { embed: 0.0021, train: 0.0073 },
  'centernet': { embed: 0.0265, train: 0.14 },
}
/** Any other: between dlib and faceres, with four times as much for a step. */
const otherTeacher: TeacherCost = { embed: 0.006, train: 0.024 }

/** What a teacher costs a face. */
export function teacherCost(name: string): TeacherCost {
  return Object.hasOwn(teacherCosts, name) ? teacherCosts[name]! : otherTeacher
}

/** One training step of a student's network: forward and backward are three times forward, two operations a multiply-add. */
export function studentStepSeconds(batch: number, shape: NetworkShape): number {
  return batch * (6 * multiplyAdds(shape) / convolutionRate + secondsPerFaceFed)
}

/** A face through a student's network in use, read from its pack. */
export function studentFaceSeconds(shape: NetworkShape): number {
  return 2 * multiplyAdds(shape) / convolutionRate + 0.002
}

function multiplyAdds({ network, width, input }: NetworkShape): number {
  const cost = stepCosts[network]
  return cost.macs * (width / cost.width) ** 2 * (input / 224) ** 2
}
