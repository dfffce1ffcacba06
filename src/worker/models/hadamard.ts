/**
 * A Hadamard matrix of order n: entries 1 and -1, orthogonal rows. Sylvester's doubling over Paley's constructions I (n - 1 prime, 3 modulo 4)
 * and II (n / 2 - 1 prime, 1 modulo 4), which reach 1, 2, and most multiples of 4 that embeddings have: 120, 128, 256, 384, 512, 768, 1024.
 *
 * @returns row by row, f32 [n, n]; null where these constructions have none
 */
export function hadamard(n: number): Float32Array | null {
  if (n === 1)
    return Float32Array.of(1)
  if (n !== 2 && (n % 4 !== 0 || n < 1))
    return null
  if (isPrime(n - 1) && (n - 1) % 4 === 3)
    return paleyFirst(n)
  if (isPrime(n / 2 - 1) && (n / 2 - 1) % 4 === 1)
    return paleySecond(n)
  const half = hadamard(n / 2)
  return half && kronecker(half, [[1, 1], [1, -1]])
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) {
    if (n % divisor === 0)
      return false
  }
  return n > 1
}

/** 1 for squares modulo the prime q, -1 for other numbers, 0 for 0. */
function quadraticCharacter(q: number): Int8Array {
  const character = new Int8Array(q).fill(-1)
  for (let x = 1; x < q; x++)
    character[x * x % q] = 1
  character[0] = 0
  return character
}

/** I + S, S of order q + 1 with a border of 1 above and of -1 beside the character of i - j. */
function paleyFirst(n: number): Float32Array {
  const character = quadraticCharacter(n - 1)
  return Float32Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    if (i === j)
      return 1
    return i === 0 ? 1 : j === 0 ? -1 : character[(i - j + n - 1) % (n - 1)]!
  })
}

/** S of order q + 1, symmetric, with a border of 1: its zeros become [[1, -1], [-1, -1]], its signs the same sign of [[1, 1], [1, -1]]. */
function paleySecond(n: number): Float32Array {
  const order = n / 2
  const character = quadraticCharacter(order - 1)
  const signs = Float32Array.from({ length: order * order }, (_, at) => {
    const [i, j] = [Math.floor(at / order), at % order]
    if (i === j)
      return 0
    return i === 0 || j === 0 ? 1 : character[(i - j + order - 1) % (order - 1)]!
  })
  const matrix = kronecker(signs, [[1, 1], [1, -1]])
  for (let i = 0; i < n; i += 2)
    matrix.set([1, -1], i * n + i)
  for (let i = 0; i < n; i += 2)
    matrix.set([-1, -1], (i + 1) * n + i)
  return matrix
}

/** Each entry of a square matrix times a block of 2 x 2. */
function kronecker(matrix: Float32Array, block: number[][]): Float32Array {
  const order = Math.sqrt(matrix.length)
  return Float32Array.from({ length: 4 * matrix.length }, (_, at) => {
    const [i, j] = [Math.floor(at / (2 * order)), at % (2 * order)]
    return matrix[(i >> 1) * order + (j >> 1)]! * block[i & 1]![j & 1]!
  })
}
